/** What a format is, and what "lost" means. */
import type { StaticNetworkConf } from "../vmconf/conf.ts";

/** A file that a format makes. */
export interface RenderedFile {
  /** The file's usual name. */
  readonly name: string;
  /** The file's text. */
  readonly text: string;
}

/** A value of the configuration that a format has no place for. */
export interface Loss {
  /** The path of the value in the configuration, such as `vmMtu`. */
  readonly field: string;
  /** The value that was left out. */
  readonly value: unknown;
  /** Why it was left out. */
  readonly why: string;
  /** Formats that carry it, some of them to come. */
  readonly instead: readonly string[];
}

/** What a format made of a configuration. */
export interface Rendered {
  /** What it wrote. */
  readonly files: readonly RenderedFile[];
  /** What it had to leave out. */
  readonly lost: readonly Loss[];
}

/** A format that something else reads: a guest, a VMM, another program. */
export interface Format {
  /** The name, as in `--format NAME`. */
  readonly name: string;
  /** What it is, in a few words. */
  readonly summary: string;
  /**
   * Writes a configuration in this format; pure.
   *
   * @param conf The configuration of one network interface.
   * @returns What was written and what was left out.
   * @throws {VmConfError} `not-representable` if the result would boot wrongly,
   * `invalid-conf` if a value cannot be written safely.
   */
  readonly render: (conf: StaticNetworkConf) => Rendered;
}
