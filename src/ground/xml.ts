/** Writes the little XML that is needed: elements with text or with elements, and no attributes. */

export function element(name: string, content: string, xmlns?: string): string {
  return `<${name}${xmlns ? ` xmlns="${xmlns}"` : ''}>${content}</${name}>`
}

/**
 * Elements by name. A list is an element for each entry; undefined is none. A list without a name is
 * a sequence of elements of several names.
 */
export interface XmlMembers {
  readonly [name: string]: XmlContent
}
type XmlContent = string | number | boolean | undefined | XmlMembers | readonly XmlContent[]

/** A whole document. */
export function xmlDocument(name: string, members: XmlMembers, xmlns?: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n${element(name, elementsOf(members), xmlns)}`
}

function elementsOf(members: XmlMembers): string {
  let text = ''
  for (const name in members) text += elementOf(name, members[name])
  return text
}

function elementOf(name: string, content: XmlContent): string {
  if (content === undefined) return ''
  if (typeof content !== 'object')
    return element(name, typeof content === 'string' ? escaped(content) : String(content))
  if (isList(content)) return content.map((one) => elementOf(name, one)).join('')
  if (name === '') return elementsOf(content)
  return element(name, elementsOf(content))
}

function isList(content: XmlMembers | readonly XmlContent[]): content is readonly XmlContent[] {
  return Array.isArray(content)
}

/** Escapes text for an element. Drops characters that XML cannot hold at all. */
export function escaped(text: string): string {
  const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', '\r': '&#13;' }
  return (
    text
      .toWellFormed()
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
      .replace(/[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g, '')
      .replace(/[&<>"\r]/g, (character) => entities[character]!)
  )
}
