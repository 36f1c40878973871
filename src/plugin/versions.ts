/** The versions of the specification that the plugin speaks. */
import { ALL_VERSIONS, hasFeature, type Version } from "../cni/versions.ts";

/** Before 0.3.0 plugins could not be chained. */
export const SUPPORTED: readonly Version[] = ALL_VERSIONS.filter((version) =>
  hasFeature(version, "prevResult")
);

/** Finds a version that the plugin speaks. */
export function findSupported(version: unknown): Version | undefined {
  return SUPPORTED.find((supported) => supported === version);
}
