import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { ListFile } from './list-file.ts'

const directory = mkdtempSync(join(tmpdir(), 'openbatch-list-'))
afterAll(() => rmSync(directory, { recursive: true }))

class Unusable extends Error {}

function listIn(name: string) {
  const path = join(directory, name)
  const check = (items: readonly unknown[]) => {
    if (items.some((item) => typeof item !== 'number')) throw new Error('a number is none')
    return items as number[]
  }
  return { path, list: new ListFile({ path, noun: 'numbers', check, problem: (message) => new Unusable(message) }) }
}

test('a list is empty until it is changed', () => {
  const { path, list } = listIn('numbers.json')
  expect(list.read()).toEqual([])
  expect(list.change((numbers) => ({ items: [...numbers, 7], result: 'added' }))).toBe('added')
  expect(list.read()).toEqual([7])
  expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual({ version: 1, numbers: [7] })
})

test('a change that throws changes nothing', () => {
  const { list } = listIn('kept.json')
  list.change(() => ({ items: [1], result: undefined }))
  const broken = () => {
    throw new Error('broken')
  }
  expect(() => list.change(broken)).toThrow('broken')
  expect(list.read()).toEqual([1])
})

test.each([
  ['', 'it is not JSON'],
  ['null', 'its version is not 1'],
  ['{"version":2,"numbers":[]}', 'its version is not 1'],
  ['{"version":1}', 'it has no list of numbers'],
  ['{"version":1,"numbers":["7"]}', 'a number is none'],
])('%j is damaged', (text, why) => {
  const { path, list } = listIn('damaged.json')
  writeFileSync(path, text)
  expect(() => list.read()).toThrow(new Unusable(`the numbers file ${path} is damaged: ${why}`))
  expect(() => list.change(() => ({ items: [], result: undefined }))).toThrow(Unusable)
  expect(readFileSync(path, 'utf8')).toBe(text)
})

test('a file that cannot be read, and a lock that cannot be taken, are problems', () => {
  const list = new ListFile({
    path: directory,
    noun: 'numbers',
    check: () => [],
    problem: (message) => new Unusable(message),
  })
  expect(() => list.read()).toThrow(`cannot read the numbers file ${directory}: EISDIR`)
  writeFileSync(join(directory, 'torn.lock'), 'no lock'.repeat(200))
  const { path, list: locked } = listIn('torn')
  expect(() => locked.change(() => ({ items: [], result: undefined }))).toThrow(
    `the numbers cannot be changed: the lock ${path}.lock is not to be had: it is damaged`,
  )
})
