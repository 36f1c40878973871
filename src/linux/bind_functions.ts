/** Makes the functions of a library callable. */

/**
 * Checks that a library has every function of a table. Makes those in `atOnce`
 * callable now, and the others at their first use: this takes 0.1 ms each, and most
 * runs use few.
 *
 * A missing function is an error now, so that no operation stops in the middle; a
 * missing optional one is null.
 */
export function bindFunctions<T extends Deno.ForeignLibraryInterface>(
  path: string,
  prototypes: T,
  atOnce: readonly (keyof T)[],
): Deno.StaticForeignLibraryInterface<T> {
  const found = findSymbols(path, prototypes);
  const functions = {} as Deno.StaticForeignLibraryInterface<T>;
  for (const [name, prototype] of Object.entries(prototypes)) {
    const define = (property: PropertyDescriptor) =>
      Object.defineProperty(functions, name, { ...property, enumerable: true });
    if (found[name] === null) {
      define({ value: null });
      continue;
    }
    define({
      configurable: true,
      get: () => {
        const { symbols } = Deno.dlopen(path, { [name]: prototype });
        define({ value: symbols[name] });
        return symbols[name];
      },
    });
  }
  for (const name of atOnce) void functions[name];
  return functions;
}

/** Looks symbols up as data, of which Deno reads a byte: that costs next to nothing. */
function findSymbols(
  path: string,
  prototypes: Deno.ForeignLibraryInterface,
): Readonly<Record<string, unknown>> {
  const symbols = Object.entries(prototypes).map(([key, prototype]) => {
    const { name = key, optional } = prototype;
    return [key, { name, optional, type: "u8" }];
  });
  return Deno.dlopen(path, Object.fromEntries(symbols)).symbols;
}
