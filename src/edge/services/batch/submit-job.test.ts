import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { uuidFrom } from './submit-job.ts'

test('a job id made from a call has the form of a random UUID', () => {
  for (let call = 0; call < 1000; call++) {
    const id = uuidFrom(createHash('sha256').update(String(call)).digest('hex'))
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  }
})

test('one call makes one id, and another call another', () => {
  const hash = (text: string) => createHash('sha256').update(text).digest('hex')
  expect(uuidFrom(hash('a'))).toBe(uuidFrom(hash('a')))
  expect(uuidFrom(hash('a'))).not.toBe(uuidFrom(hash('b')))
})
