/**
 * fast-check with a fixed seed: the suite draws the same cases at each run, and
 * so fails for what was changed, not by chance. `deno task fuzz` draws others.
 */
import { configureGlobal } from "fast-check";

configureGlobal({ seed: 424242 });

export * from "fast-check";
