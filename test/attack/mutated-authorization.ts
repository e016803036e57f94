/**
 * Authorization headers that are nearly right: a signed request's own header with one or several
 * places changed. None may be accepted, and none may cost more than a refusal. Given the same
 * number, it makes the same header.
 */
import { type Random, randomFrom } from '../chaos/random.ts'

const algorithm = 'AWS4-HMAC-SHA256'

export interface Mutated {
  readonly authorization: string
  /** Which change made it, for a failure's message. */
  readonly by: string
}

type Change = (text: string, random: Random) => string

/** A place in the text. */
const placeIn = (text: string, random: Random) => random.between(0, Math.max(0, text.length - 1))

const odd = ['', ' ', ',', '=', ';', '/', '\t', '%00', 'é', '\u2028', 'é'.repeat(9), "'", '"', '\\', '../', '{}']
const words = [
  '__proto__',
  'constructor',
  'toString',
  'undefined',
  'null',
  'NaN',
  '-1',
  '0',
  'admin',
  '*',
  'aws4_request',
]
const parts = ['Credential', 'SignedHeaders', 'Signature']

/** By name, for a failure's message. */
const changes: Readonly<Record<string, Change>> = {
  'one character': (text, random) => {
    const at = placeIn(text, random)
    const code = (text.charCodeAt(at) + random.between(1, 94)) % 127
    return text.slice(0, at) + String.fromCharCode(Math.max(32, code)) + text.slice(at + 1)
  },
  'one bit': (text, random) => {
    const at = placeIn(text, random)
    return (
      text.slice(0, at) + String.fromCharCode(text.charCodeAt(at) ^ (1 << random.between(0, 6))) + text.slice(at + 1)
    )
  },
  'a piece left out': (text, random) => {
    const at = placeIn(text, random)
    return text.slice(0, at) + text.slice(at + random.between(1, 20))
  },
  'a piece put in': (text, random) => {
    const at = placeIn(text, random)
    return text.slice(0, at) + random.pick([...odd, ...words]) + text.slice(at)
  },
  'a piece twice': (text, random) => {
    const from = placeIn(text, random)
    const to = from + random.between(1, 60)
    return text.slice(0, to) + text.slice(from, to) + text.slice(to)
  },
  'cut short': (text, random) => text.slice(0, placeIn(text, random)),
  'a part twice': (text, random) => `${text}, ${random.pick(parts)}=${random.pick([...odd, ...words])}`,
  'a part replaced': (text, random) =>
    text.replace(new RegExp(`${random.pick(parts)}=[^,]*`), `${random.pick(parts)}=${random.pick([...odd, ...words])}`),
  'a part of the scope replaced': (text, random) => {
    const scope = /Credential=([^,]*)/.exec(text)?.[1]?.split('/') ?? []
    scope[random.between(0, scope.length - 1)] = random.pick([...odd, ...words, '20261122', 's3', 'us-east-1'])
    return text.replace(/Credential=[^,]*/, `Credential=${scope.join('/')}`)
  },
  'other signed headers': (text, random) => {
    const names = ['host', 'x-amz-date', 'content-type', 'authorization', 'x-amz-security-token', ...words]
    const list = Array.from({ length: random.between(0, 80) }, () => random.pick(names))
    return text.replace(/SignedHeaders=[^,]*/, `SignedHeaders=${list.join(';')}`)
  },
  'another signature': (text, random) => {
    const digits = Array.from({ length: 64 }, () => random.between(0, 15).toString(16)).join('')
    return text.replace(/Signature=.*/, `Signature=${digits}`)
  },
  'a signature of another form': (text, random) => {
    const signature = /Signature=(.*)/.exec(text)?.[1] ?? ''
    const forms = [signature.toUpperCase(), signature.slice(0, -1), `${signature}0`, `0x${signature}`, '']
    return text.replace(
      /Signature=.*/,
      `Signature=${random.between(1, 10) > 1 ? random.pick(forms) : signature.repeat(50)}`,
    )
  },
  'another algorithm': (text, random) =>
    text.replace(
      algorithm,
      random.pick(['AWS4-HMAC-SHA512', 'AWS4-ECDSA-P256-SHA256', 'AWS', 'Bearer', 'Basic', algorithm.toLowerCase()]),
    ),
  'very long': (text, random) => text + random.pick([',', ';', '=', 'a', ' ']).repeat(random.between(1, 8000)),
}
const names = Object.keys(changes)

/** The `number`th mutation of the header. A change that leaves its meaning is made again. */
export function mutated(authorization: string, number: number): Mutated {
  const random = randomFrom(number)
  for (;;) {
    const chosen = Array.from({ length: Math.max(1, random.between(-4, 4)) }, () => random.pick(names))
    const changed = chosen.reduce((text, name) => changes[name]!(text, random), authorization)
    if (meaning(changed) === meaning(authorization)) continue
    return { authorization: changed, by: chosen.join(' and ') }
  }
}

/** As it goes over the wire: a line break would end the header, and what follows would not be of it. */
export function onTheWire(authorization: string, number: number): string {
  for (let next = number; ; next += 1e9) {
    const changed = mutated(authorization, next).authorization.replaceAll(/[\r\n\0]/g, ' ')
    if (meaning(changed) !== meaning(authorization)) return changed
  }
}

/** Blanks around the whole (RFC 9110 §5.5) and the parts, the order of the parts, and the order and case of the signed headers say nothing. */
function meaning(header: string): string {
  const text = header.replaceAll(/^[ \t]+|[ \t]+$/g, '')
  if (!text.startsWith(`${algorithm} `)) return text
  const pairs = text.slice(algorithm.length + 1).split(',')
  return pairs
    .map((pair) => {
      const equals = pair.indexOf('=')
      const [name, value] = [pair.slice(0, equals).trim(), pair.slice(equals + 1).trim()]
      return `${name}=${name === 'SignedHeaders' ? [...new Set(value.toLowerCase().split(';'))].sort().join(';') : value}`
    })
    .sort()
    .join(',')
}
