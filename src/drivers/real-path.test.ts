import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { allowedRealPath } from './real-path.ts'

let root: string
beforeAll(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'openbatch-real-path-')))
  for (const directory of ['data/ada', 'data/shared', 'secret', 'server', 'mapped/in'])
    mkdirSync(join(root, directory), { recursive: true })
  const links = {
    'data/out': '../secret',
    'data/ada/up': '../..',
    'data/ada/shared': '../shared',
    'data/ada/socket': '/run/docker.sock',
    'data/ada/kernel': '/proc/1/root',
    'data/ada/nowhere': '../../later',
    'data/ada/circle': 'circle',
    'data/ada/fine': '../ada',
    'data/ada/server': '../../server',
    'mapped/in/out': '../../secret',
    alias: 'data',
  }
  for (const [link, target] of Object.entries(links)) symlinkSync(target, join(root, link))
})
afterAll(() => rmSync(root, { recursive: true, force: true }))

const ask = (path: string, readOnly = false) =>
  allowedRealPath(
    { sourcePath: path.startsWith('/') ? path : join(root, path), readOnly },
    {
      allowed: [
        { path: join(root, 'data'), readOnly: false },
        { path: join(root, 'data/shared'), readOnly: true },
        { path: join(root, 'alias'), readOnly: false },
        { path: join(root, 'mapped'), readOnly: false },
      ],
      guarded: [join(root, 'server')],
    },
  )

it.each([
  ['itself', 'data', 'data'],
  ['a directory below', 'data/ada', 'data/ada'],
  ['what is not there yet', 'data/ada/new/deep', 'data/ada/new/deep'],
  ['a link that stays inside', 'data/ada/fine', 'data/ada'],
  ['an entry that is a link', 'alias/ada', 'data/ada'],
  ['a mapped path', 'mapped/in', 'mapped/in'],
])('gives %s', (_title, path, real) => {
  expect(ask(path)).toEqual({ path: join(root, real) })
})

it.each([
  ['a link out', 'data/out', /leads to .*secret, which is not among/],
  ['below a link out', 'data/out/key', /which is not among/],
  ['a link up', 'data/ada/up', /which is not among/],
  ['a link to the server’s data', 'data/ada/server', /which is not among/],
  ['a link to the engine’s socket', 'data/ada/socket', /which (is not among|lies in)|leads nowhere/],
  ['a link to a process', 'data/ada/kernel', /which is not among|leads nowhere/],
  ['a link from a writable place to one for reading', 'data/ada/shared', /for reading only/],
  ['a link that leads nowhere yet', 'data/ada/nowhere', /leads nowhere/],
  ['below a link that leads nowhere yet', 'data/ada/nowhere/deep', /leads nowhere/],
  ['a link to itself', 'data/ada/circle', /leads nowhere/],
  ['a link out of a mapped path', 'mapped/in/out', /which is not among/],
  ['a path by ..', '/mapped/../etc', /has \.\. in it/],
  ['another path', '/etc', /is not allowed/],
])('refuses %s', (_title, path, why) => {
  expect(ask(path)).toEqual({ why: expect.stringMatching(why) })
})

it('refuses what contains or is the server’s own, or leads there, whatever is allowed', () => {
  const rules = {
    allowed: [{ path: root, readOnly: false }],
    guarded: [join(root, 'server'), join(root, 'alias/shared/jobs'), join(root, 'mapped/in/token')],
  }
  const own = ['server', 'server/users.json', 'data/ada/server', 'mapped/in/token']
  const ofJobs = ['data', 'data/shared', 'data/shared/jobs', 'data/shared/jobs/a/work', 'alias', 'data/ada/shared']
  for (const path of ['.', 'mapped', 'mapped/in', ...own, ...ofJobs].map((it) => join(root, it)))
    expect(allowedRealPath({ sourcePath: path, readOnly: true }, rules)).toEqual({
      why: expect.stringMatching(/reaches files of the server$/),
    })
  for (const path of ['secret', 'data/ada', 'data/shared/other'])
    expect(allowedRealPath({ sourcePath: join(root, path), readOnly: true }, rules)).toHaveProperty('path')
})

it('refuses a link to a guarded place even where everything is allowed', () => {
  const rules = { allowed: [{ path: '/', readOnly: false }], guarded: [join(root, 'server')] }
  const sourcePath = join(root, 'data/ada/kernel')
  expect(allowedRealPath({ sourcePath, readOnly: true }, rules)).toHaveProperty('why')
})
