/** The operator's variables for jobs. */
import { expect, test } from 'vitest'
import { type ConfigurationProblems, loadConfiguration } from './configuration.ts'
import { jobEnvironment } from './job-environment-settings.ts'

const load = (env: Record<string, string>) => loadConfiguration({ env, options: {} })

test('jobs get those of all, and those of their compute environment before them', () => {
  const { jobs } = load({
    OPENBATCH_JOBS_ENVIRONMENT: 'PATH: /opt/lab/bin:/bin\nLAB: "7"',
    OPENBATCH_JOBS_ENVIRONMENT_OF: '{ big: { PATH: /opt/big/bin } }',
  })
  expect(jobEnvironment(jobs, 'default')).toEqual({ PATH: '/opt/lab/bin:/bin', LAB: '7' })
  expect(jobEnvironment(jobs, 'big')).toEqual({ PATH: '/opt/big/bin', LAB: '7' })
  expect(jobEnvironment(jobs, 'constructor')).toEqual(jobs.environment)
  expect(jobEnvironment(load({}).jobs, 'default')).toEqual({})
})

test.each<[string, Record<string, string>, string]>([
  [
    'that AWS Batch sets',
    { OPENBATCH_JOBS_ENVIRONMENT_OF: '{ big: { AWS_BATCH_JOB_ID: x } }' },
    'jobs.environmentOf.big: AWS_BATCH_JOB_ID is a variable that AWS Batch sets',
  ],
  ['with a name of another form', { OPENBATCH_JOBS_ENVIRONMENT: '{ "A=B": x }' }, 'jobs.environment'],
  ['that is no text', { OPENBATCH_JOBS_ENVIRONMENT: '{ A: 7 }' }, 'jobs.environment.A: must be string'],
  [
    'that is too long',
    { OPENBATCH_JOBS_ENVIRONMENT: `{ A: ${'x'.repeat(4097)} }` },
    'jobs.environment.A: must NOT have more than 4096 characters',
  ],
])('a variable %s is refused', (_, env, problem) => {
  const problems: string[] = []
  try {
    load(env)
  } catch (error) {
    problems.push(...(error as ConfigurationProblems).problems)
  }
  expect(problems).toEqual([expect.stringContaining(problem)])
})
