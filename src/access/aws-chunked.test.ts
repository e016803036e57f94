/** The form `aws-chunked`, signed and unsigned, cut into any pieces on its way. */
import { createHash, createHmac, createSecretKey, hash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { AwsChunkedDecoder, type ChunkedFault, type ChunkedForm } from './aws-chunked.ts'
import { ChunkSignatures } from './chunk-signatures.ts'

const key = createSecretKey(Buffer.from('signing key'))
const signing = {
  key,
  longDate: '20261122T150000Z',
  scope: '20261122/us-west-2/s3/aws4_request',
  seed: 'ab'.repeat(32),
}

interface Encoded {
  readonly chunks: readonly string[]
  readonly trailers?: Readonly<Record<string, string>>
}

/** Written apart from the decoder, after AWS's page. */
function encode({ chunks, trailers }: Encoded, signed: boolean): Buffer {
  let previous = signing.seed
  const sign = (algorithm: string, hashes: string) => {
    const text = [algorithm, signing.longDate, signing.scope, previous, hashes].join('\n')
    previous = createHmac('sha256', key).update(text).digest('hex')
    return previous
  }
  const chunk = (data: string) => {
    const hashes = `${hash('sha256', '')}\n${hash('sha256', data)}`
    const signature = signed ? `;chunk-signature=${sign('AWS4-HMAC-SHA256-PAYLOAD', hashes)}` : ''
    return `${Buffer.byteLength(data).toString(16)}${signature}\r\n${data}${data === '' ? '' : '\r\n'}`
  }
  const lines = Object.entries(trailers ?? {}).map(([name, value]) => `${name}:${value}`)
  const hashed = createHash('sha256')
    .update(lines.map((line) => `${line}\n`).join(''))
    .digest('hex')
  const body = [...chunks.filter((data) => data !== ''), ''].map(chunk).join('')
  if (trailers && signed) lines.push(`x-amz-trailer-signature:${sign('AWS4-HMAC-SHA256-TRAILER', hashed)}`)
  return Buffer.from(`${body}${lines.map((line) => `${line}\r\n`).join('')}\r\n`)
}

function decode(bytes: Uint8Array, form: ChunkedForm, cuts: readonly number[] = []) {
  const decoder = new AwsChunkedDecoder(form)
  const data: Uint8Array[] = []
  let from = 0
  for (const cut of [...new Set(cuts.map((it) => it % (bytes.length + 1)))]
    .sort((a, b) => a - b)
    .concat(bytes.length)) {
    const found = decoder.push(bytes.subarray(from, cut))
    if ('kind' in found) return (found as ChunkedFault).cause
    data.push(...found)
    from = cut
  }
  return (
    decoder.end()?.cause ?? { text: Buffer.concat(data).toString(), trailers: Object.fromEntries(decoder.trailers) }
  )
}

const formOf = (signed: boolean, trailers: boolean): ChunkedForm => ({
  trailers,
  signatures: signed ? new ChunkSignatures(signing) : undefined,
})

const texts = fc.array(fc.string({ unit: 'grapheme', maxLength: 40 }), { maxLength: 6 })
const places = fc.array(fc.nat(), { maxLength: 12 })

describe('a body', () => {
  test.each([
    [false, true],
    [true, true],
    [true, false],
  ])('is decoded whatever pieces it comes in (signed: %s, trailers: %s)', (signed, withTrailers) => {
    fc.assert(
      fc.property(texts, places, (chunks, cuts) => {
        const trailers = { 'x-amz-checksum-crc32': 'AAAAAA==' }
        const bytes = encode({ chunks, ...(withTrailers && { trailers }) }, signed)
        expect(decode(bytes, formOf(signed, withTrailers), cuts)).toEqual({
          text: chunks.join(''),
          trailers: withTrailers ? trailers : {},
        })
      }),
    )
  })

  test('that is cut short or changed is never taken for whole', () => {
    fc.assert(
      fc.property(texts, places, fc.nat(), fc.integer({ min: 1, max: 255 }), (chunks, cuts, place, change) => {
        const bytes = encode({ chunks, trailers: { 'x-amz-checksum-crc32': 'AAAAAA==' } }, true)
        const at = place % bytes.length
        expect(decode(bytes.subarray(0, at), formOf(true, true), cuts)).toBeTypeOf('string')
        const changed = Buffer.from(bytes)
        changed[at] = changed[at]! ^ change
        const found = decode(changed, formOf(true, true), cuts)
        // The case of hexadecimal sizes and of names, and white space, mean nothing.
        if (typeof found === 'object') expect(found.text).toBe(chunks.join(''))
      }),
    )
  })

  test('gives the same fault whatever pieces it comes in', () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 60 }),
      fc.string({ unit: fc.constantFrom(...'0af;x:=\r\n'), maxLength: 40 }).map((text) => Buffer.from(text)),
    )
    fc.assert(
      fc.property(bytes, places, (some, cuts) => {
        expect(decode(some, formOf(false, true), cuts)).toEqual(decode(some, formOf(false, true)))
      }),
    )
  })
})

describe('what clients leave out or add', () => {
  test('the empty line behind the last chunk may be missing', () => {
    const bytes = encode({ chunks: ['hello'] }, true)
    const { length } = bytes
    expect(decode(bytes.subarray(0, length - 2), formOf(true, false))).toEqual({ text: 'hello', trailers: {} })
  })

  test('lines may end without a carriage return', () => {
    const bytes = Buffer.from('5\nhello\n0\nx-amz-checksum-crc32:NhCmhg==\n\n')
    const trailers = { 'x-amz-checksum-crc32': 'NhCmhg==' }
    expect(decode(bytes, formOf(false, true))).toEqual({ text: 'hello', trailers })
  })
})

test.each([
  ['no size', 'x\r\n', 'malformed'],
  ['a signature where there should be none is allowed', `0;chunk-signature=${'0'.repeat(64)}\r\n\r\n`, 'whole'],
  ['a chunk longer than its size', '1\r\nab\r\n', 'malformed'],
  ['a size that is no number of bytes', 'fffffffffff\r\n', 'malformed'],
  ['a line without an end', '1'.repeat(2000), 'malformed'],
  ['a trailer without a colon', '0\r\nx\r\n\r\n', 'trailers'],
  ['a trailer twice', '0\r\na:1\r\na:1\r\n\r\n', 'trailers'],
  [
    'too many trailers',
    `0\r\n${Array.from({ length: 40 }, (_, index) => `t${index}:${'x'.repeat(500)}\r\n`).join('')}\r\n`,
    'trailers',
  ],
  ['bytes behind the end', '0\r\n\r\nmore\r\n', 'malformed'],
  ['no end', '5\r\nhel', 'cut short'],
])('%s', (_, text, cause) => {
  const found = decode(Buffer.from(text), formOf(false, true))
  expect(typeof found === 'string' ? found : 'whole').toBe(cause)
})

test('a chunk without a signature is refused where chunks are signed', () => {
  expect(decode(Buffer.from('5\r\nhello\r\n0\r\n\r\n'), formOf(true, false))).toBe('malformed')
})
