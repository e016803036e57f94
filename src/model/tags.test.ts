import { expect, test } from 'vitest'
import { refuseIllegalTags } from './tags.ts'

test.each([
  [{ owner: 'Ada Lovelace', 'lab:cost-center': 'a+b=c_d.e/f@g' }],
  [{ Größe: 'Müller 東京 ٣' }],
  [{ empty: '' }],
  [undefined],
])('accepts %o', (tags) => expect(refuseIllegalTags(tags)).toBeUndefined())

test.each([
  ['2.8.1+mc(0.10.0)', 'parentheses'],
  ['^GATC', 'a caret'],
  ['a,b', 'a comma'],
  ['a\tb', 'a tab'],
  ['two\nlines', 'a line end'],
])('a value with %2$s is refused: %s', (value) => {
  expect(refuseIllegalTags({ ok: 'ok', key: value })).toEqual({
    kind: 'refusal',
    code: 'BadRequestException',
    message: `'${value}' is not a valid value for TagValue - it contains illegal characters`,
  })
})

test('a key may hold only the characters that a value may hold', () => {
  expect(refuseIllegalTags({ 'a#b': '#' })?.message).toBe(
    "'a#b' is not a valid value for TagKey - it contains illegal characters",
  )
})
