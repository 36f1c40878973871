/** Guests whose PID 1 is systemd, from the disk that `build/systemd.sh` makes. */
import type { StaticNetworkConf } from "../../src/vmconf/conf.ts";
import { builtFile } from "./builds.ts";
import { boot, type Guest, type GuestOptions } from "./guest.ts";

/** How such a guest is started. */
export interface SystemdOptions extends Pick<GuestOptions, "networkArgs"> {
  /** Files of the guest, by their paths. */
  readonly files: Readonly<Record<string, string>>;
  /** Units that have to be done before the guest is asked. */
  readonly units: readonly string[];
}

/** The only thing that the guest is started for, and what that needs. */
function reportUnit(units: readonly string[]): string {
  const list = units.join(" ");
  return `[Unit]
Wants=${list}
After=${list}

[Service]
Type=oneshot
ExecStart=/bin/sh /report.sh
StandardOutput=file:/dev/ttyS0
`;
}

const REPORT_UNIT = "/etc/systemd/system/report.service";

/** Puts the files on the disk, which forgets them, and goes on there. */
const SWITCH_ROOT = `mount /dev/vda /disk
cp -a /overlay/. /report.sh /disk
exec switch_root /disk /lib/systemd/systemd`;

/** Boots a guest with systemd on taps of these configurations. */
export function bootSystemd(
  confs: readonly StaticNetworkConf[],
  { files, units, networkArgs }: SystemdOptions,
): Promise<Guest> {
  const all = { ...files, [REPORT_UNIT]: reportUnit(units) };
  const overlay = Object.entries(all).map(([path, text]) => [
    `/overlay${path}`,
    text,
  ]);
  return boot(confs, {
    networkArgs,
    append: "systemd.unit=report.service systemd.show_status=false",
    apply: SWITCH_ROOT,
    files: { ...Object.fromEntries(overlay), "/disk/mount-point": "" },
    disk: builtFile("systemd", "disk"),
  });
}
