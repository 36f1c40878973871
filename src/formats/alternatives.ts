/** Which formats keep a value that another one loses or refuses. */
import {
  FORMAT_NAMES,
  FORMAT_SUPPORT,
  type FormatField,
  type FormatName,
} from "./format_table.ts";

/**
 * Finds the formats that support all of some fields. If the path is not `conf`, the
 * VM has several interfaces, and the format must support that, too.
 */
export function findAlternatives(
  path: string,
  needed: readonly FormatField[],
): FormatName[] {
  return findSupporters(path === "conf" ? needed : ["several", ...needed]);
}

/** Finds the formats for people, so without `json`, that support all of some fields. */
export function findSupporters(fields: readonly FormatField[]): FormatName[] {
  return FORMAT_NAMES.filter((name) =>
    name !== "json" &&
    fields.every((field) => FORMAT_SUPPORT[name][field] === "yes")
  );
}
