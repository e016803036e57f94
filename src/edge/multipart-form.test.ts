/** Forms as browsers and programs write them, in whatever pieces they come, and forms that are none. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { propertyRuns } from '../core/property-runs.testing.ts'
import { limits } from '../model/limits.ts'
import { readForm } from './multipart-form.ts'

const boundary = '----WebKitFormBoundary7MA4'
const type = `multipart/form-data; boundary=${boundary}`

function part(name: string, value: string | Buffer, more = ''): Buffer {
  const head = `--${boundary}\r\nContent-Disposition: form-data; name="${name}"${more}\r\n\r\n`
  return Buffer.concat([Buffer.from(head), Buffer.from(value), Buffer.from('\r\n')])
}

const end = Buffer.from(`--${boundary}--\r\n`)
const formOf = (...parts: Buffer[]) => Buffer.concat([...parts, end])

/** In pieces of these sizes, again and again. */
function body(bytes: Buffer, sizes: readonly number[] = [bytes.length || 1]) {
  return {
    async *kept() {
      for (let at = 0, count = 0; at < bytes.length; count++) {
        const size = sizes[count % sizes.length]!
        yield bytes.subarray(at, at + size)
        at += size
      }
    },
  }
}

async function all(pieces: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const read: Uint8Array[] = []
  for await (const piece of pieces) read.push(piece)
  return Buffer.concat(read)
}

async function codeOf(reading: Promise<unknown>): Promise<string | undefined> {
  const error = await reading.then(
    () => undefined,
    (failed) => failed,
  )
  return error?.failure?.ofS3?.code ?? error?.failure?.code ?? error?.message
}

describe('a form', () => {
  test('is its fields and its file, whatever pieces it comes in', async () => {
    const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array))
    // What looks like a boundary and is none.
    const tricky = fc.constantFrom('\r\n', '\r\n--', `--${boundary}`, `\r\n--${boundary.slice(0, -1)}`, '\r', '-')
    const content = fc
      .array(
        fc.oneof(
          bytes,
          tricky.map((text) => Buffer.from(text)),
        ),
        { maxLength: 8 },
      )
      .map((pieces) => Buffer.concat(pieces))
      .filter((it) => !Buffer.concat([Buffer.from('\r\n'), it, Buffer.from('\r\n')]).includes(`\r\n--${boundary}`))
    const value = fc.string({ unit: 'grapheme', maxLength: 40 }).map((text) => text.toWellFormed())
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          value.filter((text) => !text.includes(boundary)),
          { maxLength: 4 },
        ),
        content,
        fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 5 }),
        async (values, file, sizes) => {
          const fields = values.map((text, index) => part(`Field${index}`, text))
          const sent = formOf(...fields, part('file', file, '; filename="a.txt"'), part('submit', 'later'))
          const form = await readForm(body(sent, sizes), type)
          expect([...form.fields]).toEqual(values.map((text, index) => [`field${index}`, text]))
          expect(form.file.name).toBe('a.txt')
          expect((await all(form.file.read())).equals(file)).toBe(true)
        },
      ),
      propertyRuns(300),
    )
  })

  test('that is cut short anywhere is never whole', async () => {
    const sent = formOf(part('key', 'a'), part('file', 'content', '; filename="a"'))
    const least = sent.length - end.length + 2 + boundary.length
    for (let length = 0; length < least; length++) {
      const reading = readForm(body(sent.subarray(0, length), [7]), type).then((form) => all(form.file.read()))
      expect(await codeOf(reading), `${length} bytes`).toBe('MalformedPOSTRequest')
    }
  })

  test.each<[string, string]>([
    ['; filename="a b.txt"', 'a b.txt'],
    ['; filename=plain.txt', 'plain.txt'],
    ['; filename="say \\"hi\\".txt"', 'say "hi".txt'],
    ['; filename="C:\\dir\\a.txt"', 'C:\\dir\\a.txt'],
    ['; filename="é;x=1.txt"', 'é;x=1.txt'],
    ["; filename*=UTF-8''%C3%A9.txt", 'é.txt'],
    ['', ''],
  ])('has a file that is called %s', async (more, name) => {
    expect((await readForm(body(formOf(part('File', 'x', more))), type)).file.name).toBe(name)
  })

  test('may have text before it, a quoted boundary, and blanks behind one', async () => {
    const sent = formOf(part('file', 'x')).toString().replace(`--${boundary}\r\n`, `hello\r\n--${boundary} \t\r\n`)
    const form = await readForm(body(Buffer.from(sent)), `Multipart/Form-Data; charset=utf-8; boundary="${boundary}"`)
    expect((await all(form.file.read())).toString()).toBe('x')
  })
})

describe('a form is refused', () => {
  test.each<[string, Buffer, string?]>([
    ['without a boundary', formOf(part('file', 'x')), 'multipart/form-data'],
    ['of another type', formOf(part('file', 'x')), `multipart/mixed; boundary=${boundary}`],
    ['that is empty', Buffer.alloc(0)],
    ['whose part has no name', Buffer.concat([Buffer.from(`--${boundary}\r\nContent-Type: x\r\n\r\nx\r\n`), end])],
    ['whose name is empty', formOf(part('', 'x'))],
    ['whose field is no text', formOf(part('key', Buffer.from([0xff])), part('file', 'x'))],
    ['whose head does not end', Buffer.from(`--${boundary}\r\n${'x'.repeat(10_000)}`)],
    ['with text behind a boundary', Buffer.from(formOf(part('file', 'x')).toString().replace('\r\n', 'x\r\n'))],
  ])('%s', async (_, sent, contentType = type) => {
    expect(await codeOf(readForm(body(sent), contentType))).toBe('MalformedPOSTRequest')
  })

  test('without a file', async () => {
    expect(await codeOf(readForm(body(formOf(part('key', 'x'))), type))).toBe('InvalidArgument')
  })

  test.each<[string, Buffer[]]>([
    ['a field that is too large', [part('key', 'x'.repeat(limits.formFieldsBytes))]],
    ['fields that are too large together', Array(3).fill(part('key', 'x'.repeat(limits.formFieldsBytes / 2)))],
    ['too many fields', Array(limits.formFields + 1).fill(part('key', ''))],
  ])('for %s', async (_, parts) => {
    expect(await codeOf(readForm(body(formOf(...parts, part('file', 'x'))), type))).toBe(
      'MaxPostPreDataLengthExceededError',
    )
  })

  test('whose fields come too slowly', async () => {
    let now = 0
    const slow = readForm(
      body(formOf(part('key', 'x'), part('file', 'x')), [8]),
      type,
      () => (now += limits.requestMs / 3),
    )
    expect(await codeOf(slow)).toBe('RequestTimeoutException')
  })
})
