import { describe, expect, test } from 'vitest'
import { refuse } from '../../model/refusal.ts'
import { jobDefinitionNotFound, parseJobDefinitionReference } from './reference.ts'

const of = { account: '111122223333', region: 'us-west-2' }
const arn = 'arn:aws:batch:us-east-1:111122223333'

test.each([
  ['align', { name: 'align' }],
  ['align:7', { name: 'align', revision: 7 }],
  [`${arn}:job-definition/align`, { name: 'align' }],
  [`${arn}:job-definition/align:7`, { name: 'align', revision: 7 }],
])('%s', (text, reference) => {
  expect(parseJobDefinitionReference(text, of)).toEqual(reference)
})

test('an ARN of another account names nothing here', () => {
  const foreign = 'arn:aws:batch:us-west-2:999999999999:job-definition/align'
  expect(parseJobDefinitionReference(foreign, of)).toEqual({ name: foreign })
  expect(parseJobDefinitionReference(`${foreign}:7`, of)).toEqual({ name: foreign, revision: 7 })
})

describe('malformed', () => {
  test.each([
    '',
    'align:latest',
    'align:',
    'my align',
    'a:1:2',
    'x'.repeat(129),
    `${arn}:job-queue/default`,
    `${arn}:job-definition/`,
  ])('%s', (text) => {
    expect(parseJobDefinitionReference(text, of)).toEqual(
      refuse(`Provided name ${text} is not supported pattern[a-zA-Z_0-9-]{1,128}`),
    )
  })
})

test('the messages for missing definitions', () => {
  expect(jobDefinitionNotFound({ name: 'align' }).message).toBe(
    'JobDefinition name align does not exist or is not in ACTIVE status',
  )
  expect(jobDefinitionNotFound({ name: 'align', revision: 7 }).message).toBe(
    'JobDefinition name align:7 does not exist or is not in ACTIVE status',
  )
})
