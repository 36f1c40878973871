import { loadLibrary } from "../../src/linux/library.ts";

/**
 * Makes every function of the library callable. That is never undone, which a test
 * that came first would be blamed for.
 */
export function loadAllFunctions(): void {
  void { ...loadLibrary("test").symbols };
}
