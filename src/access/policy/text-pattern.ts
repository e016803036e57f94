/**
 * A text of a policy with wildcards (`*` any characters, `?` one) and policy variables (`${aws:username}`), parsed once.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
 */

/** The values of a request by key, in lower case because policies ignore case. An empty list is no value. */
export interface ConditionValues {
  get(key: string): readonly string[] | undefined
}

export interface TextPattern {
  readonly text: string
  readonly pieces: readonly Piece[]
  /** What is matched, where no variable changes it. */
  readonly parts?: readonly Part[] | undefined
}

type Piece =
  | { readonly kind: 'literal'; readonly text: string }
  | { readonly kind: 'one' }
  | { readonly kind: 'many' }
  | { readonly kind: 'variable'; readonly key: string; readonly otherwise?: string }

export interface Wildcards {
  /** Whether `*` and `?` are wildcards, or characters. */
  readonly wildcards: boolean
  /** Whether `${…}` is a variable (only in documents of version 2012-10-17). */
  readonly variables: boolean
}

/** Variables that stand for these characters: `${*}`, `${?}`, `${$}`. */
const escapes: Readonly<Record<string, string>> = { '*': '*', '?': '?', $: '$' }
const variableForm = /^\$\{(?:([*?$])|([A-Za-z0-9-]+:[\w.+=@:/-]+)(?:\s*,\s*'([^']*)')?)\}/

/** Returns undefined if a variable is not closed or names no key. */
export function parseTextPattern(text: string, { wildcards, variables }: Wildcards): TextPattern | undefined {
  const pieces: Piece[] = []
  let literal = ''
  const add = (piece: Piece) => {
    if (literal !== '') pieces.push({ kind: 'literal', text: literal })
    literal = ''
    // Several `*` in a row are one.
    if (piece.kind !== 'many' || pieces.at(-1)?.kind !== 'many') pieces.push(piece)
  }
  for (let at = 0; at < text.length; at++) {
    const character = text[at]!
    if (wildcards && character === '*') add({ kind: 'many' })
    else if (wildcards && character === '?') add({ kind: 'one' })
    else if (variables && text.startsWith('${', at)) {
      const match = variableForm.exec(text.slice(at, at + longestVariable))
      if (match === null) return undefined
      const [whole, escaped, key, otherwise] = match
      if (escaped !== undefined) literal += escapes[escaped]!
      else add({ kind: 'variable', key: key!.toLowerCase(), ...(otherwise !== undefined && { otherwise }) })
      at += whole.length - 1
    } else literal += character
  }
  if (literal !== '') pieces.push({ kind: 'literal', text: literal })
  const isFixed = pieces.every(({ kind }) => kind !== 'variable')
  return { text, pieces, ...(isFixed && { parts: partsOf(pieces, new Map()) }) }
}

const longestVariable = 512

export function hasVariables({ parts }: TextPattern): boolean {
  return parts === undefined
}

/**
 * Whether the pattern matches `value`. A variable matches its value in the request, character by
 * character. If the request has no value or several, and the policy gives no default, the pattern
 * matches nothing.
 *
 * The time is at most the product of both lengths: a mismatch goes back only to the last `*`.
 */
export function matches(pattern: TextPattern, value: string, context: ConditionValues, ignoreCase = false): boolean {
  const parts = pattern.parts ?? partsOf(pattern.pieces, context)
  if (parts === undefined) return false
  return ignoreCase
    ? matchesParts(
        parts.map((part) => (typeof part === 'string' ? part.toLowerCase() : part)),
        value.toLowerCase(),
      )
    : matchesParts(parts, value)
}

/** Literals, single characters that stand for any, and `many`. */
type Part = string | typeof one | typeof many
const one = Symbol('one character')
const many = Symbol('any characters')

function partsOf(pieces: readonly Piece[], context: ConditionValues): Part[] | undefined {
  const parts: Part[] = []
  for (const piece of pieces) {
    if (piece.kind === 'literal') parts.push(piece.text)
    else if (piece.kind === 'one') parts.push(one)
    else if (piece.kind === 'many') parts.push(many)
    else {
      const values = context.get(piece.key) ?? []
      const value = values.length === 0 ? piece.otherwise : values.length === 1 ? values[0] : undefined
      if (value === undefined) return undefined
      parts.push(value)
    }
  }
  return parts
}

function matchesParts(parts: readonly Part[], value: string): boolean {
  const last = parts.at(-1)
  if (typeof last === 'string' && !value.endsWith(last)) return false
  let part = 0
  let at = 0
  let afterMany = -1
  let retryAt = -1
  for (;;) {
    const current = parts[part]
    if (current === many) {
      part++
      if (part === parts.length) return true
      afterMany = part
      retryAt = at
      continue
    }
    if (
      part === parts.length ? at === value.length : current === one ? at < value.length : value.startsWith(current!, at)
    ) {
      if (part === parts.length) return true
      at += current === one ? 1 : current!.length
      part++
      continue
    }
    if (afterMany < 0 || retryAt >= value.length) return false
    const next = parts[afterMany]
    retryAt = typeof next === 'string' ? value.indexOf(next, retryAt + 1) : retryAt + 1
    if (retryAt < 0) return false
    part = afterMany
    at = retryAt
  }
}
