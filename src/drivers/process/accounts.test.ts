import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { Accounts } from './accounts.ts'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'openbatch-accounts-'))
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

const make = (named: Record<string, string> = {}, count = 3) =>
  new Accounts({ file: join(directory, 'accounts.json'), named, firstUid: 70_000, count })

it('gives each user a number, and the same one to every driver and after every start', () => {
  const [one, other] = [make(), make()]
  expect(one.of('ada')).toEqual({ uid: 70_000, gid: 70_000, userName: undefined })
  expect(other.of('bob')).toMatchObject({ uid: 70_001 })
  expect(one.of('bob')).toMatchObject({ uid: 70_001 })
  expect(make().of('ada')).toMatchObject({ uid: 70_000 })
  expect(statSync(join(directory, 'accounts.json')).mode & 0o777).toBe(0o600)
})

it('gives no number twice, and says when all are taken', () => {
  const accounts = make()
  for (const user of ['ada', 'bob', 'eve']) accounts.of(user)
  expect(accounts.of('mallory')).toBe('all 3 accounts from 70000 on are taken')
  expect(Object.values(JSON.parse(readFileSync(join(directory, 'accounts.json'), 'utf8')))).toHaveLength(3)
})

it('takes users whose names mean something to JavaScript', () => {
  const accounts = make()
  expect(accounts.of('constructor')).toMatchObject({ uid: 70_000 })
  expect(accounts.of('__proto__')).toMatchObject({ uid: 70_001 })
  expect(make().of('__proto__')).toMatchObject({ uid: 70_001 })
})

it('takes the operator’s account for a user, without its other groups, and never root’s', () => {
  const accounts = make({ ada: '4242:4343', bob: 'root', eve: '4242:0', mallory: 'no-such-user' })
  expect(accounts.of('ada')).toEqual({ uid: 4242, gid: 4343, userName: undefined })
  for (const user of ['bob', 'eve']) expect(accounts.of(user)).toMatch(/is root's/)
  expect(accounts.of('mallory')).toMatch(/unable to find user/)
})

it('does not guess when its file is damaged', () => {
  for (const text of ['', '{"ada": 0}', '{"ada": "root"}', '{"ada": 1.5}']) {
    writeFileSync(join(directory, 'accounts.json'), text)
    expect(() => make().of('bob')).toThrow()
  }
})
