/** Jobs get keys of the store outside: sessions of its STS, or the keys of the configuration. */
import { expect, test } from 'vitest'
import { limits } from '../../model/limits.ts'
import type { ContainerOfJob, MadeForJob } from '../job-credentials/job-credentials.ts'
import type { RoleAnswer, RoleWanted } from './assume-role.ts'
import { OutsideCredentials, sessionName } from './outside-credentials.ts'

const job: ContainerOfJob = {
  ...{ jobId: '6c0f:7', attempt: 2, owner: 'ada', createdAtMs: 0, taskId: 'b'.repeat(32), taskArn: 'arn:task' },
}
const store = {
  ...{ endpoint: 'https://s3.lab.example', stsEndpoint: 'https://sts.lab.example', region: 'eu-west-1' },
  ...{ accessKeyId: 'AKIAOUTSIDE', roleArn: 'arn:aws:iam::1:role/jobs' },
}
const start = 1_700_000_000_000
const secret = 'the-secret-of-the-store'

class World {
  readonly asked: RoleWanted[] = []
  readonly logged: string[] = []
  answer: (wanted: RoleWanted, now: number) => RoleAnswer | Promise<RoleAnswer> = (_, now) => ({
    ...{ accessKeyId: `ASIA${this.asked.length}`, secretAccessKey: 's', sessionToken: 't' },
    expiresAtMs: now + 3_600_000,
  })
  secret = () => secret
  refused: string | undefined
  readonly credentials: OutsideCredentials

  constructor(more: { roleArn?: undefined } = {}) {
    const here = { accessKeyId: '', secretAccessKey: '', sessionToken: '', expiresAtMs: 0 }
    this.credentials = new OutsideCredentials({
      store: { ...store, ...more },
      secret: () => this.secret(),
      here: { issue: () => (this.refused === undefined ? here : { why: this.refused }) },
      assumeRole: async (wanted, now) => {
        this.asked.push(wanted)
        return this.answer(wanted, now)
      },
      log: { warn: (fields) => void this.logged.push(JSON.stringify(fields)) },
    })
  }

  issue(atSeconds = 0, more: Partial<ContainerOfJob> = {}): Promise<MadeForJob> {
    return this.credentials.issue({ ...job, ...more }, 60, start + atSeconds * 1000)
  }
}

test('an attempt has one session, which is renewed before it ends', async () => {
  const world = new World()
  const [first, second] = await Promise.all([world.issue(), world.issue()])
  expect(first).toMatchObject({ accessKeyId: 'ASIA1', sessionToken: 't' })
  expect(second).toBe(first)
  expect(world.asked).toEqual([
    {
      ...{ endpoint: store.stsEndpoint, region: 'eu-west-1', accessKeyId: 'AKIAOUTSIDE', secretAccessKey: secret },
      ...{ roleArn: store.roleArn, sessionName: '6c0f.7-2', seconds: limits.outsideSessionSeconds },
    },
  ])
  expect(await world.issue(2399)).toBe(first)
  expect(await world.issue(2400)).toMatchObject({ accessKeyId: 'ASIA2' })
  expect(await world.issue(2401, { attempt: 3 })).toMatchObject({ accessKeyId: 'ASIA3' })
  expect(world.asked[2]).toMatchObject({ sessionName: '6c0f.7-3' })
})

test('a session that cannot be renewed serves to its end', async () => {
  const world = new World()
  const first = await world.issue()
  world.answer = () => ({ why: 'its STS does not answer', isRefusal: false })
  expect(await world.issue(3599)).toBe(first)
  expect(await world.issue(3601)).toMatchObject({
    why: 'The object store at https://s3.lab.example gives no credentials: its STS does not answer.',
    isPassing: true,
  })
  expect(world.logged).toHaveLength(1)
})

test('a session that holds is given while the failure of another stands', async () => {
  const world = new World()
  const first = await world.issue()
  world.answer = () => ({ why: 'its STS does not answer', isRefusal: false })
  expect(await world.issue(3000, { jobId: 'other' })).toHaveProperty('why')
  expect(await world.issue(3001)).toBe(first)
  expect(world.asked).toHaveLength(2)
})

test('a renewal that fails says no secret, and others are not tried for a moment', async () => {
  const world = new World()
  const [first, other] = [await world.issue(), await world.issue(0, { jobId: 'other' })]
  world.answer = () => ({ why: `its STS answers AccessDenied: ${secret} is wrong`, isRefusal: true })
  expect(await world.issue(3000)).toBe(first)
  expect(await world.issue(3001, { jobId: 'other' })).toBe(other)
  expect(world.asked).toHaveLength(3)
  expect(world.logged).toEqual([expect.stringContaining('AccessDenied: … is wrong')])
})

test('a secret that cannot be read for a moment ends no session, and is read again', async () => {
  const world = new World()
  const first = await world.issue()
  world.secret = () => {
    throw new Error('secret.txt does not exist')
  }
  expect(await world.issue(3000)).toBe(first)
  expect(await world.issue(3003, { jobId: 'other' })).toMatchObject({ isPassing: true })
  world.secret = () => secret
  expect(await world.issue(3006, { jobId: 'other' })).toMatchObject({ accessKeyId: 'ASIA2' })
  expect(await world.issue(3006)).toMatchObject({ accessKeyId: 'ASIA3' })
  expect(world.logged).toHaveLength(1)
})

test('a failure stands for other jobs for a moment, and says no secret', async () => {
  const world = new World()
  world.answer = () => ({ why: `its STS answers AccessDenied: ${secret} is wrong`, isRefusal: true })
  const refused = await world.issue()
  expect(refused).toEqual({
    why: 'The object store at https://s3.lab.example gives no credentials: its STS answers AccessDenied: … is wrong.',
    isPassing: false,
  })
  expect(await world.issue(1, { jobId: 'other' })).toEqual(refused)
  expect(world.asked).toHaveLength(1)
  world.answer = new World().answer
  expect(await world.issue(3)).toMatchObject({ accessKeyId: 'ASIA0' })
  expect(world.logged.join()).not.toContain(secret)
})

test('without a role, jobs get the keys as they are now', async () => {
  const world = new World({ roleArn: undefined })
  const made = { accessKeyId: 'AKIAOUTSIDE', secretAccessKey: secret, sessionToken: '', expiresAtMs: start + 3_600_000 }
  expect(await world.issue()).toEqual(made)
  world.secret = () => 'changed-secret'
  expect(await world.issue()).toMatchObject({ secretAccessKey: 'changed-secret' })
  world.secret = () => {
    throw new Error('secret.txt does not exist')
  }
  expect(await world.issue()).toEqual({
    why: 'The object store at https://s3.lab.example gives no credentials: its secret key cannot be read on this server.',
    isPassing: true,
  })
  expect(world.asked).toEqual([])
  expect(world.logged.join()).toContain('secret.txt does not exist')
})

test('a job that may have no credentials here gets none of the store either', async () => {
  const world = new World()
  world.refused = 'The owner of the job, ada, is disabled.'
  expect(await world.issue()).toEqual({ why: world.refused })
  expect(world.asked).toEqual([])
})

test('the store is asked for few sessions at once, and few are remembered', async () => {
  const world = new World()
  let [now, most] = [0, 0]
  const { answer } = world
  world.answer = async (wanted, at) => {
    most = Math.max(most, ++now)
    await Promise.resolve()
    now--
    return answer(wanted, at)
  }
  const attempts = Array.from({ length: limits.outsideSessionsKept + 1 }, (_, number) => number)
  await Promise.all(attempts.map((attempt) => world.issue(0, { attempt })))
  expect(most).toBe(limits.outsideStsCalls)
  await world.issue(1, { attempt: limits.outsideSessionsKept })
  expect(world.asked).toHaveLength(attempts.length)
  await world.issue(1, { attempt: 0 })
  expect(world.asked).toHaveLength(attempts.length + 1)
})

test('the name of a session fits STS', () => {
  expect(sessionName({ jobId: `${'a'.repeat(36)}:123456789#1`, attempt: 10 })).toMatch(/^[\w+=,.@-]{2,64}$/)
  expect(sessionName({ jobId: 'x'.repeat(100), attempt: 1 })).toHaveLength(64)
})
