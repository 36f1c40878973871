/** Routes for Kata's agent, which knows neither metrics nor tables nor on-link. */
import { printCidr } from "../ip/address.ts";
import type { Loss } from "./format.ts";
import type { Nic } from "./nic.ts";
import { type PlainRoute, plainRoutesOf } from "./plain_routes.ts";

/** `Route` of types.proto. */
export interface KataRoute {
  readonly dest: string;
  readonly gateway?: string;
  readonly device: string;
  readonly scope?: number;
  /** `IPFamily`: v4 = 0, v6 = 1. */
  readonly family: 0 | 1;
}

/**
 * Writes the routes of a VM for Kata's agent.
 *
 * Of routes to one destination only the preferred one is written: the agent
 * would skip the others.
 */
export function kataRoutesOf(
  nics: readonly Nic[],
): { readonly routes: KataRoute[]; readonly lost: Loss[] } {
  const { routes, lost } = plainRoutesOf(nics, "Kata's agent");
  return { routes: routes.map(routeOf), lost };
}

function routeOf({ nic, route }: PlainRoute): KataRoute {
  const { dst, via, scope } = route;
  return {
    dest: printCidr(dst),
    ...(via && { gateway: via.text }),
    device: nic.nameOrDefault,
    ...(scope !== undefined && { scope }),
    family: dst.family === 4 ? 0 : 1,
  };
}
