/** Reads the repeated elements of S3's listings. Their texts are entity-encoded, and nothing nests deeper than once. */
import { elementOf } from '../../ground/xml-element.ts'

/** The inner XML of every element of this name. */
export function elementsOf(xml: string, name: string): string[] {
  return [...xml.matchAll(new RegExp(`<${name}>(.*?)</${name}>`, 'gs'))].map((match) => match[1]!)
}

/** Without other elements around it: `<Prefix>` of a listing is also in its `<CommonPrefixes>`. */
export function without(xml: string, ...names: readonly string[]): string {
  return names.reduce((rest, name) => rest.replace(new RegExp(`<${name}>.*?</${name}>`, 'gs'), ''), xml)
}

/** Numeric references, which S3 writes for control characters, and the text itself. */
export function textOf(xml: string, name: string): string | undefined {
  return elementOf(xml, name)?.replace(/&#(x?)([0-9a-fA-F]+);/g, (_, hex, digits) =>
    String.fromCodePoint(Number.parseInt(digits, hex ? 16 : 10)),
  )
}

export function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (char) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[char]!)
}
