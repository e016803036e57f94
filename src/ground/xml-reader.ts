/**
 * Reads the XML that S3 and its clients, STS and IAM send: elements and text. There is no document
 * type, no entity but the five of XML and characters by number, and no deep nesting. Names are read
 * without their prefixes, and attributes are skipped.
 */

export interface XmlElement {
  readonly name: string
  /** All text in the element itself; white space is kept. */
  readonly text: string
  readonly children: readonly XmlElement[]
}

interface OpenElement {
  readonly name: string
  readonly tag: string
  text: string
  readonly children: XmlElement[]
}

const depthMax = 16
const start = /<([A-Za-z_][\w.-]*(?::[A-Za-z_][\w.-]*)?)((?:\s+[^\s=<>/"']+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(\/?)>/y
const end = /<\/([^\s<>/]+)\s*>/y

/** Returns the root, or undefined for a text that is not such XML. */
export function readXml(text: string): XmlElement | undefined {
  const open: OpenElement[] = [{ name: '', tag: '', text: '', children: [] }]
  let at = text.charCodeAt(0) === 0xfeff ? 1 : 0
  while (at < text.length) {
    const inside = open.at(-1)!
    const next = text.indexOf('<', at)
    const content = text.slice(at, next < 0 ? text.length : next)
    const plain = plainText(content)
    if (plain === undefined) return undefined
    inside.text += plain
    if (next < 0) break
    const past = skipped(text, next)
    if (past !== undefined) {
      if (past < 0) return undefined
      at = past
    } else if (text.startsWith('<![CDATA[', next)) {
      const close = text.indexOf(']]>', next)
      if (close < 0) return undefined
      inside.text += text.slice(next + 9, close)
      at = close + 3
    } else {
      at = takeTag(text, next, open)
      if (at < 0) return undefined
    }
  }
  const [document] = open
  const isOne = open.length === 1 && document!.children.length === 1 && document!.text.trim() === ''
  return isOne ? document!.children[0] : undefined
}

/** Reads a start or an end tag, and returns the place behind it; -1 for anything else. */
function takeTag(text: string, at: number, open: OpenElement[]): number {
  end.lastIndex = at
  const closing = end.exec(text)
  if (closing) {
    const closed = open.pop()!
    const around = open.at(-1)
    if (!around || closed.tag !== closing[1]) return -1
    around.children.push({ name: closed.name, text: closed.text, children: closed.children })
    return end.lastIndex
  }
  start.lastIndex = at
  const [, tag = '', , empty] = start.exec(text) ?? []
  if (tag === '' || open.length > depthMax) return -1
  const name = tag.slice(tag.indexOf(':') + 1)
  if (empty === '/') open.at(-1)!.children.push({ name, text: '', children: [] })
  else open.push({ name, tag, text: '', children: [] })
  return start.lastIndex
}

/** The place behind a comment or an instruction at `at`; -1 if it does not end; undefined if there is none. */
function skipped(text: string, at: number): number | undefined {
  const close = text.startsWith('<!--', at) ? '-->' : text.startsWith('<?', at) ? '?>' : undefined
  if (close === undefined) return undefined
  const found = text.indexOf(close, at + 2)
  return found < 0 ? -1 : found + close.length
}

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

function plainText(content: string): string | undefined {
  if (!content.includes('&')) return content
  let isRight = true
  const plain = content.replace(/&(?:#(\d{1,7})|#x([0-9a-fA-F]{1,6})|(\w{1,10}));|&/g, (_, decimal, hex, name) => {
    const code = decimal !== undefined ? Number(decimal) : hex !== undefined ? Number.parseInt(hex, 16) : undefined
    const character = code === undefined ? entities[name] : code <= 0x10ffff ? String.fromCodePoint(code) : undefined
    if (character === undefined) isRight = false
    return character ?? ''
  })
  return isRight ? plain : undefined
}

/** The child of that name; undefined if there is none. */
export function childOf({ children }: XmlElement, name: string): XmlElement | undefined {
  return children.find((child) => child.name === name)
}

/** The trimmed text of the child of that name. */
export function textOf(element: XmlElement, name: string): string | undefined {
  return childOf(element, name)?.text.trim()
}

/**
 * The text of the first element of that name, at any depth, that has no children. Undefined if there
 * is none, or if the text is not XML.
 */
export function firstTextOf(xml: string, name: string): string | undefined {
  const root = readXml(xml)
  return root && firstTextIn(root, name)
}

export function firstTextIn(element: XmlElement, name: string): string | undefined {
  if (element.name === name && element.children.length === 0) return element.text
  for (const child of element.children) {
    const found = firstTextIn(child, name)
    if (found !== undefined) return found
  }
  return undefined
}
