import { describe, expect, test } from 'vitest'
import { resolveRegistryAuth, resolveValueFrom } from './value-from.ts'

const secret = (name: string) => `arn:aws:secretsmanager:eu-west-1:111122223333:secret:${name}`
const parameter = (name: string) => `arn:aws-cn:ssm:cn-north-1:111122223333:parameter/${name}`
const finding = (secrets: Record<string, string>) => (name: string) =>
  Object.hasOwn(secrets, name) ? secrets[name] : undefined

const find = finding({
  token: 'of token',
  '/lab/token': 'of /lab/token',
  'lab/db': '{"user":"ada","port":5432,"tls":true,"a.b":{"c":[1]},"":"empty"}',
  'lab/db-backup': 'of lab/db-backup',
  'x-AbCdEf': 'named so',
  '/flat': 'of /flat',
  list: '["a"]',
})

describe('finds', () => {
  test.each([
    ['a secret', secret('token'), 'of token'],
    ['a secret by its ARN with the random suffix', secret('token-Zz9Aa0'), 'of token'],
    ['a secret whose own name ends like a suffix', secret('x-AbCdEf'), 'named so'],
    ['the same with its suffix', secret('x-AbCdEf-012345'), 'named so'],
    ['a secret whose last word is six letters long', secret('lab/db-backup'), 'of lab/db-backup'],
    ['a secret with a slash first', secret('/lab/token-123456'), 'of /lab/token'],
    ['a secret, no member or version named', secret('token:::'), 'of token'],
    ['a member', secret('lab/db-AbCdEf:user::'), 'ada'],
    ['a member that is no string', secret('lab/db:port::'), '5432'],
    ['another', secret('lab/db:tls:AWSCURRENT:'), 'true'],
    ['a member with a dot in its name, which is an object', secret('lab/db:a.b::'), '{"c":[1]}'],
    ['a parameter by its ARN', parameter('lab/token'), 'of /lab/token'],
    ['a parameter without levels', parameter('token'), 'of token'],
    ['a parameter of one level', parameter('flat'), 'of /flat'],
    ['a parameter by its name', '/lab/token', 'of /lab/token'],
    ['a parameter by its name, without slash', 'token', 'of token'],
  ])('%s', (_what, valueFrom, value) => {
    expect(resolveValueFrom(valueFrom, find)).toEqual({ value })
  })
})

describe('says why it does not find', () => {
  test.each([
    [secret('absent'), 'there is no secret absent'],
    [secret('absent-AbCdEf'), 'there is no secret absent-AbCdEf, nor absent'],
    [secret('token-AbCdEfg'), 'there is no secret token-AbCdEfg'],
    [parameter('lab/absent'), 'there is no secret /lab/absent, nor lab/absent'],
    ['flat', 'there is no secret flat'],
    ['', 'there is no secret '],
    [secret('lab/db:password::'), 'secret lab/db did not contain json key password'],
    [secret('lab/db:toString::'), 'secret lab/db did not contain json key toString'],
    [secret('token-AbCdEf:user::'), 'secret token is not a JSON object, so it has no key user'],
    [secret('list:0::'), 'secret list is not a JSON object, so it has no key 0'],
    [secret('token::AWSPREVIOUS:'), 'version stage AWSPREVIOUS of secret token is not kept: there is AWSCURRENT alone'],
    [secret('token:::7f3e'), 'version 7f3e of secret token is not kept: there is AWSCURRENT alone'],
    ['/lab/token:3', 'version 3 of parameter /lab/token is not kept: there is the newest alone'],
    [parameter('lab/token:3'), 'version 3 of parameter /lab/token is not kept: there is the newest alone'],
    ...[secret('lab/db:user'), secret('lab/db:user:AWSCURRENT'), secret('lab/db:user::: ')].map((arn) => [
      arn,
      `unexpected ARN format with parameters when trying to retrieve ASM secret: ${arn}`,
    ]),
    ...['arn:aws:s3:::bucket', 'arn:', 'arn:aws:ssm:us-west-2:1:document/x', 'arn:aws:secretsmanager:x'].map((arn) => [
      arn,
      `${arn} is neither a secret of Secrets Manager nor a parameter of Systems Manager`,
    ]),
  ] as [valueFrom: string, problem: string][])('%s', (valueFrom, problem) => {
    expect(resolveValueFrom(valueFrom, find)).toEqual({ problem })
  })
})

describe('a registry’s credentials', () => {
  const credentials = finding({
    hub: '{"username":"robot","password":"hush","more":1}',
    'hub-bad': '{"username":"robot"}',
    text: 'hush',
  })

  test.each([[secret('hub-AbCdEf')], [secret('hub')], ['hub']])('%s', (credentialsParameter) => {
    expect(resolveRegistryAuth(credentialsParameter, credentials)).toEqual({ username: 'robot', password: 'hush' })
  })

  test.each([
    [secret('absent'), 'there is no secret absent'],
    ['absent', 'there is no secret absent'],
    ['hub-bad', 'hub-bad is not JSON with a username and a password'],
    ['text', 'text is not JSON with a username and a password'],
  ])('%s: %s', (credentialsParameter, problem) => {
    expect(resolveRegistryAuth(credentialsParameter, credentials)).toEqual({ problem })
  })
})
