/** Groups, roles and policies as the command changes them: what follows for members, and what is refused in IAM's words. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openUsers } from '../access/users.ts'
import { writeMark } from '../data-directory/mark.ts'
import { runCommand } from './program.ts'

const now = Date.UTC(2026, 10, 22)
let dataDir: string
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'openbatch-cli-'))
  writeMark(dataDir, { installationId: 'i', epoch: 0, number: 1 })
  openUsers(dataDir, now).ensureAdministrator(now)
})
afterEach(() => rmSync(dataDir, { recursive: true }))

async function run(command: string): Promise<string> {
  let text = ''
  const write = (more: string) => {
    text += more
  }
  const env = { OPENBATCH_DATA_DIR: dataDir }
  const code = await runCommand(command.split(' '), {
    ...{ write, warn: write, env, input: new PassThrough().end(), now: () => now },
  })
  return `${code} ${text.trimEnd()}`
}

test('what is allowed to a group is allowed to its members', async () => {
  expect(await run('group add lab')).toBe('0 added lab')
  expect(await run('group add LAB')).toBe('1 openbatch: Group with name LAB already exists.')
  await run('user add ada')
  expect(await run('group add-user lab ada')).toBe('0 added ada to lab')
  expect(await run('group add-user lab nobody')).toBe('1 openbatch: The user with name nobody cannot be found.')
  expect(await run('group attach lab OpenBatchAdmin')).toBe('0 attached OpenBatchAdmin to lab')
  expect(await run('group attach lab Nothing')).toBe(
    '1 openbatch: there is no policy "Nothing"; openbatch has OpenBatchUser, OpenBatchReadOnly, OpenBatchOperator, OpenBatchAdmin',
  )
  expect(await run('group list')).toBe('0 GROUP  MEMBERS  POLICIES\nlab    ada      OpenBatchAdmin')
  expect(openUsers(dataDir, now).list()[1]).toMatchObject({ name: 'ada', role: 'admin' })

  // The other administrator may go now, and then the group may not lose its policy.
  await run('user remove admin')
  expect(await run('group detach lab OpenBatchAdmin')).toBe(
    '1 openbatch: ada is the only administrator left who can sign in. Add another first.',
  )
  expect(await run('group remove-user lab ada')).toMatch(/^1 .*the only administrator left/)
  await run('user add second --role admin')
  expect(await run('group remove lab')).toBe('1 openbatch: Cannot delete entity, must remove users from group first.')
  expect(await run('group remove-user lab ada')).toBe('0 removed ada from lab')
  expect(await run('group detach lab OpenBatchAdmin')).toBe('0 detached OpenBatchAdmin from lab')
  expect(await run('group remove lab')).toBe('0 removed lab')
  expect(await run('group list')).toBe('0 GROUP  MEMBERS  POLICIES')
})

test('a role has policies, and none when it is removed', async () => {
  expect(await run('role add lab --description jobs')).toBe('0 added lab')
  expect(await run('role attach lab OpenBatchReadOnly')).toBe('0 attached OpenBatchReadOnly to lab')
  expect(await run('role list')).toBe('0 ROLE  POLICIES           DESCRIPTION\nlab   OpenBatchReadOnly  jobs')
  expect(await run('role remove lab')).toBe('1 openbatch: Cannot delete entity, must detach all policies first.')
  expect(await run('role detach lab OpenBatchReadOnly')).toBe('0 detached OpenBatchReadOnly from lab')
  expect(await run('role remove lab')).toBe('0 removed lab')
  expect(await run('role remove lab')).toBe('1 openbatch: The role with name lab cannot be found.')
})

test('a policy is added, attached, updated and removed', async () => {
  const file = join(dataDir, 'policy.json')
  const write = (...actions: string[]) => {
    const statement = { Effect: 'Allow', Action: actions, Resource: '*' }
    writeFileSync(file, JSON.stringify({ Version: '2012-10-17', Statement: [statement] }))
  }
  write('batch:SubmitJob')
  expect(await run(`policy add lab ${file}`)).toBe('0 added lab')
  expect(await run('policy show lab')).toContain('"Action":["batch:SubmitJob"]')
  await run('user add ada')
  expect(await run('user attach ada lab')).toBe('0 attached lab to ada')
  for (let index = 1; index <= 7; index++) {
    write(`batch:Action${index}`)
    expect(await run(`policy update lab ${file}`)).toBe('0 updated lab')
  }
  expect(await run('policy show lab')).toContain('"Action":["batch:Action7"]')
  expect((await run('policy list')).split('\n').slice(-2)).toEqual([
    'OpenBatchAdmin     -        user admin',
    'lab                v8       user ada',
  ])
  expect(await run('policy show OpenBatchAdmin')).toContain('"Action": "*"')
  expect(await run('policy remove lab')).toBe('1 openbatch: Cannot delete a policy attached to entities.')
  expect(await run('user detach ada lab')).toBe('0 detached lab from ada')
  expect(await run('policy remove lab')).toBe('0 removed lab')
  expect(await run('policy show lab')).toMatch(/^1 openbatch: there is no policy "lab"/)
  expect(await run(`policy update OpenBatchUser ${file}`)).toMatch(/is part of openbatch and cannot be changed\.$/)
})

test('a document that is malformed, or not there, is refused', async () => {
  const file = join(dataDir, 'policy.json')
  expect(await run(`policy add lab ${file}`)).toMatch(/^1 openbatch: cannot read the policy document: ENOENT/)
  writeFileSync(file, '{"Version":"2012-10-17","Statement":[{"Effect":"Forbid"}]}')
  expect(await run(`policy add lab ${file}`)).toBe('1 openbatch: Syntax errors in policy.')
  expect(await run(`role add lab --trust-policy ${file}`)).toBe('1 openbatch: Syntax errors in policy.')
})

test('users that a server of an older version uses are left alone', async () => {
  writeFileSync(join(dataDir, 'users.json'), '{"version":1,"users":[]}')
  writeFileSync(join(dataDir, 'server.json'), JSON.stringify({ endpoint: 'http://h', pid: process.pid, startedAt: '' }))
  expect(await run('user list')).toBe(
    `1 openbatch: a server of an older version runs on ${dataDir}: stop it, and start this version first`,
  )
})
