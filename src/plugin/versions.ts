/** The versions of the specification that the plugin speaks. */
import type { Version } from "../cni/versions.ts";

/** Before 0.3.0 plugins could not be chained. */
export const SUPPORTED: readonly Version[] = [
  "0.3.0",
  "0.3.1",
  "0.4.0",
  "1.0.0",
  "1.1.0",
];

/** What is spoken where nothing says otherwise. */
export const NEWEST: Version = "1.1.0";

/** Finds a version that the plugin speaks. */
export function supportedVersion(text: unknown): Version | undefined {
  return SUPPORTED.find((version) => version === text);
}

/** Whether a version is as new as another. */
export function isSince(version: Version, since: Version): boolean {
  return SUPPORTED.indexOf(version) >= SUPPORTED.indexOf(since);
}
