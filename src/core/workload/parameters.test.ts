import fc from 'fast-check'
import { expect, test } from 'vitest'
import { substituteParameters } from './parameters.ts'

const parameters = { codec: 'mp4', file: 'in.mkv', 'sample.bam': 's1', sample: 's2', empty: '', chain: 'Ref::codec' }

const rows: [what: string, element: string, expected: string][] = [
  ['a whole element', 'Ref::codec', 'mp4'],
  ['inside an option', '--in=Ref::file', '--in=in.mkv'],
  ['inside a shell string, several times', 'cp Ref::file out.Ref::codec; ls Ref::file', 'cp in.mkv out.mp4; ls in.mkv'],
  ['at the end of a sentence', 'Use Ref::codec.', 'Use mp4.'],
  ['the longest name there is', 'Ref::sample.bam', 's1'],
  ['a name with something after it', 'Ref::sample.fastq', 's2.fastq'],
  ['a name with a hyphen after it', 'x-Ref::sample-1', 'x-s2-1'],
  ['an empty value', '[Ref::empty]', '[]'],
  ['what was put in is not looked at again', 'Ref::chain', 'Ref::codec'],
  ['no name, no placeholder', 'Ref:: Ref::.', 'Ref:: Ref::.'],
  ['no placeholder', 'echo hello', 'echo hello'],
]

test.each(rows)('%s', (_what, element, expected) => {
  expect(substituteParameters([element], parameters)).toEqual({ kind: 'substituted', command: [expected] })
})

test('a whole element may name a parameter of any form', () => {
  expect(substituteParameters(['Ref::in put'], { 'in put': 'x' })).toEqual({ kind: 'substituted', command: ['x'] })
})

test.each([
  ['Ref::absent', 'absent'],
  ['--x=Ref::absent.txt', 'absent.txt'],
  ['Ref::codecs', 'codecs'],
  ['Ref::constructor', 'constructor'],
])('%s has no value', (element, reference) => {
  expect(substituteParameters(['echo', element], parameters)).toEqual({ kind: 'missing', reference })
})

test('values are taken literally', () => {
  fc.assert(
    fc.property(fc.string(), (value) => {
      expect(substituteParameters(['<Ref::x>'], { x: value })).toEqual({ kind: 'substituted', command: [`<${value}>`] })
    }),
  )
})
