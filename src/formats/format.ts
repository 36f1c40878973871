/** What a format is, and what "lost" means. */
import type { StaticNetworkConf } from "../vmconf/conf.ts";

/** A file of a format. */
export interface RenderedFile {
  /** The file's usual name, with its folder if it needs one. */
  readonly name: string;
  /** The file's text. */
  readonly text: string;
  /** Whether it is only written into a folder, and never printed. */
  readonly companion?: boolean;
  /** Its permissions, if its reader requires some, such as `0o600`. */
  readonly mode?: number;
}

/** A value of the configuration that a format leaves out. */
export interface Loss {
  /**
   * The path of the value in the configuration, such as `vmMtu`, or
   * `confs[1].vmMtu` where there are several.
   */
  readonly field: string;
  /** The value that was left out. */
  readonly value: unknown;
  /** Why it was left out. */
  readonly why: string;
  /** Formats that keep it. */
  readonly instead: readonly string[];
}

/** A VM's configuration in some format. */
export interface RenderResult {
  /** What was written. */
  readonly files: readonly RenderedFile[];
  /** What was left out. */
  readonly lost: readonly Loss[];
}

/** An option of a format, as help shows it. */
export interface FormatOption {
  /** What its value is, in capitals or as a choice, such as `VERSION`. */
  readonly value: string;
  /** What it does, in a few words. */
  readonly summary: string;
}

/** A format that something else reads: a guest, a VMM, another program. */
export interface Format<Options extends object = Record<string, string>> {
  /**
   * Writes the configuration of a VM in this format. Pure.
   *
   * @param confs The configuration of each network interface, at least one.
   * @param options Choices of this format.
   * @returns What was written and what was left out.
   * @throws {VmConfError} `not-representable` if the guest would boot wrongly,
   * `invalid-conf` if a value cannot be written safely, `invalid-option` if an
   * option has a value that it cannot have.
   */
  render(confs: readonly StaticNetworkConf[], options?: Options): RenderResult;
}
