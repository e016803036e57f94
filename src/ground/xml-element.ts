/** Reads one text from an answer of a service that speaks XML. */

const entities: Readonly<Record<string, string>> = {
  ...{ '&lt;': '<', '&gt;': '>', '&quot;': '"', '&apos;': "'", '&amp;': '&' },
}

/** The text of the first element of this name that holds nothing but text. */
export function elementOf(xml: string, name: string): string | undefined {
  const text = new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1]
  return text?.replace(/&(?:lt|gt|quot|apos|amp);/g, (entity) => entities[entity]!)
}
