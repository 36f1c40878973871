/** Deno's permissions. */

/** Whether a permission was granted; Deno never asks the user here. */
export function isGranted(permission: Deno.PermissionDescriptor): boolean {
  return Deno.permissions.querySync(permission).state === "granted";
}
