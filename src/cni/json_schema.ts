/** Makes JSON Schemas of the declarations that `decode.ts` reads by. */
import type { Decoder, Schema } from "./decode.ts";

/** How the schema is meant. */
export interface SchemaOptions {
  /**
   * Whether it describes what `inspect` prints of a document that may be wrong: it
   * keeps malformed texts as they are, and prints every list.
   */
  readonly asSalvaged?: boolean;
}

/** Makes a document of draft 2020-12. */
export function makeSchemaDocument(
  name: string,
  title: string,
  schema: Schema,
): Schema {
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    $id: `https://jsr.io/@cni/vmconf/schema/${name}.json`,
    title,
    ...schema,
  };
}

/**
 * Makes the JSON Schema of the values that a decoder reads. Objects may have
 * more members: a later version that adds one breaks nobody.
 */
export function toJsonSchema(
  decoder: Decoder<unknown>,
  options: SchemaOptions = {},
): Schema {
  const { description, members, element } = decoder;
  return {
    ...description !== undefined && { description },
    ...makeKeywords(decoder, options),
    ...element && { items: toJsonSchema(element, options) },
    ...members && {
      properties: Object.fromEntries(
        [...members].map((
          [key, member],
        ) => [key, toJsonSchema(member, options)]),
      ),
      required: [...members].filter(([, member]) =>
        !member.mayLack && (options.asSalvaged || !member.takesNull)
      ).map(([key]) => key),
    },
  };
}

function makeKeywords(
  { keywords, takesNull, omitsZero }: Decoder<unknown>,
  { asSalvaged }: SchemaOptions,
): Schema {
  const { type, pattern } = keywords;
  if (asSalvaged) {
    const { pattern: _, ...others } = keywords;
    return others;
  }
  return {
    ...keywords,
    ...takesNull && type !== undefined && { type: [type, "null"] },
    ...omitsZero && takesNull && pattern !== undefined &&
      { pattern: `^$|${pattern}` },
  };
}
