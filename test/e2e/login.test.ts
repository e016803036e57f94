/** `openbatch login`, and then the AWS command line with nothing but the profile. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { run } from '../conformance/clients/aws-cli.ts'
import { plainEnvironment } from '../conformance/clients/client.ts'
import { newestClients } from '../conformance/clients/installed.ts'
import { openbatchCommand, startServer, type TestServer } from '../support/openbatch-server.ts'

const installed = newestClients()
let server: TestServer
let home: string
beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'openbatch-home-'))
  const dataDir = mkdtempSync(join(tmpdir(), 'openbatch-test-'))
  execFileSync(openbatchCommand, ['tls', 'init', '--data-dir', dataDir])
  server = await startServer({ driver: 'scripted', dataDir })
})
afterAll(async () => {
  rmSync(home, { recursive: true, force: true })
  await server?.stop()
})

const environment = (more: Record<string, string> = {}) => ({ ...plainEnvironment(), HOME: home, ...more })
const login = (env: Record<string, string>, ...args: string[]) =>
  execFileSync(openbatchCommand, ['login', ...args], { encoding: 'utf8', env, stdio: 'pipe' })
const aws = async (env: Record<string, string>, ...args: string[]) => {
  const more = { AWS_PAGER: '', AWS_EC2_METADATA_DISABLED: 'true' }
  const { stdout } = await run(join(installed.commandFolder, 'aws'), args, { ...env, ...more })
  return JSON.parse(stdout)
}
const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8)

test('the profile has a session of twelve hours, and all else in the files stays', async () => {
  server.addUser('jdoe')
  mkdirSync(join(home, '.aws'))
  mkdirSync(join(home, 'dotfiles'))
  const [config, credentials] = [join(home, '.aws', 'config'), join(home, '.aws', 'credentials')]
  const mine = '# mine\n[default]\nregion = eu-west-1\n\n[profile openbatch]\nregion = nowhere\noutput = json\n'
  writeFileSync(join(home, 'dotfiles', 'config'), mine, { mode: 0o644 })
  symlinkSync(join(home, 'dotfiles', 'config'), config)
  writeFileSync(credentials, '[default]\naws_access_key_id = AKIA\naws_secret_access_key = s\n', { mode: 0o600 })

  const lines = login(environment(), '--data-dir', server.dataDir, '--user', 'jdoe')
  expect(lines).toBe('export AWS_PROFILE=openbatch\n')
  expect(readFileSync(config, 'utf8')).toBe(
    `# mine\n[default]\nregion = eu-west-1\n\n[profile openbatch]\nendpoint_url = ${server.endpoint}\nregion = us-west-2\nca_bundle = ${server.dataDir}/tls/trust.pem\noutput = json\n`,
  )
  const written = readFileSync(credentials, 'utf8')
  expect(written).toMatch(
    /^\[default\]\naws_access_key_id = AKIA\naws_secret_access_key = s\n\n\[openbatch\]\naws_access_key_id = ASIA/,
  )
  expect([modeOf(config), modeOf(credentials)]).toEqual(['600', '600'])

  const env = environment({ AWS_PROFILE: 'openbatch' })
  expect((await aws(env, 'sts', 'get-caller-identity')).Arn).toBe('arn:aws:iam::123456789012:user/jdoe')
  expect((await aws(env, 'batch', 'describe-job-queues')).jobQueues).toHaveLength(1)
})

test('another machine signs in by variables, into files and a profile of its choice', async () => {
  const asmith = server.addUser('asmith')
  const files = {
    AWS_CONFIG_FILE: join(home, 'elsewhere', 'config'),
    AWS_SHARED_CREDENTIALS_FILE: join(home, 'elsewhere', 'credentials'),
  }
  const env = environment({
    ...files,
    ...{ AWS_ENDPOINT_URL: server.endpoint, AWS_CA_BUNDLE: join(server.dataDir, 'tls', 'trust.pem') },
    ...{ AWS_ACCESS_KEY_ID: asmith.accessKeyId, AWS_SECRET_ACCESS_KEY: asmith.secretAccessKey },
  })
  const lines = login(env, '--profile', 'lab', '--duration', '900')
  expect(lines).toBe(
    'unset AWS_ACCESS_KEY_ID\nunset AWS_SECRET_ACCESS_KEY\nunset AWS_ENDPOINT_URL\nexport AWS_PROFILE=lab\n',
  )
  const profile = environment({ ...files, AWS_PROFILE: 'lab' })
  expect((await aws(profile, 'sts', 'get-caller-identity')).Arn).toBe('arn:aws:iam::123456789012:user/asmith')
  expect(readFileSync(files.AWS_SHARED_CREDENTIALS_FILE, 'utf8')).not.toContain(asmith.secretAccessKey)
  expect(() => login(env, '--duration', '60')).toThrow("Value '60' at 'durationSeconds'")
  expect(() => login(env, '--profile', 'a b')).toThrow('It must be made of letters')
})
