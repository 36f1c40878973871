/** What an operation would do, as data: for those who look before they leap. */
import type { VmConfError } from "../errors.ts";
import type { CniCommand } from "./context.ts";

/** One step of an operation. */
export type Step =
  | {
    /** A plugin is run. */
    readonly step: "run";
    readonly command: CniCommand;
    /** The plugin's name. */
    readonly plugin: string;
    /** The network's name. */
    readonly network: string;
    readonly containerID?: string;
    readonly ifName?: string;
    /** The namespace that the plugin is given; empty if it is gone. */
    readonly netNSPath?: string;
  }
  | {
    /** A namespace is made, or one that was made here is removed. */
    readonly step: "create-netns" | "remove-netns";
    readonly netNSPath: string;
  }
  | {
    /** A record is written or removed. */
    readonly step: "write-record" | "remove-record";
    /** The name of its file. */
    readonly file: string;
  };

/** What an operation would do, and what it could not. */
export interface Plan {
  /** The steps, in order. */
  readonly steps: Step[];
  /** What would be left as it is, and why. */
  readonly problems: VmConfError[];
}
