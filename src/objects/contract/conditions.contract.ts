import { describe, expect, test } from 'vitest'
import type { Conditions } from '../object-store.ts'
import { expectRefusal, lab, type StoreCase, wanted } from './store-case.contract.ts'

const hello = '5d41402abc4b2a76b9719d911017c592'
const other = '0'.repeat(32)

export function conditionCases(on: StoreCase): void {
  describe('conditions of reading', () => {
    const hour = 3_600_000
    test.each<[string, (lastModifiedMs: number) => Conditions, 'NotModified' | 'PreconditionFailed' | 'read']>([
      ['If-Match of the entity tag', () => ({ ifMatch: [hello] }), 'read'],
      ['If-Match of any', () => ({ ifMatch: ['*'] }), 'read'],
      ['If-Match of one of several', () => ({ ifMatch: [other, hello] }), 'read'],
      ['If-Match of another', () => ({ ifMatch: [other] }), 'PreconditionFailed'],
      ['If-None-Match of the entity tag', () => ({ ifNoneMatch: [hello] }), 'NotModified'],
      ['If-None-Match of any', () => ({ ifNoneMatch: ['*'] }), 'NotModified'],
      ['If-None-Match of another', () => ({ ifNoneMatch: [other] }), 'read'],
      ['If-Modified-Since before', (at) => ({ ifModifiedSinceMs: at - hour }), 'read'],
      ['If-Modified-Since in the same second', (at) => ({ ifModifiedSinceMs: at - (at % 1000) }), 'NotModified'],
      ['If-Unmodified-Since before', (at) => ({ ifUnmodifiedSinceMs: at - hour }), 'PreconditionFailed'],
      ['If-Unmodified-Since after', (at) => ({ ifUnmodifiedSinceMs: at + hour }), 'read'],
      ['If-Match over If-Unmodified-Since', (at) => ({ ifMatch: [hello], ifUnmodifiedSinceMs: at - hour }), 'read'],
      [
        'If-None-Match over If-Modified-Since',
        (at) => ({ ifNoneMatch: [other], ifModifiedSinceMs: at + hour }),
        'read',
      ],
    ])('%s', async (_, conditionsAt, outcome) => {
      const { lastModifiedMs } = await on.put('a', 'hello')
      const conditions = conditionsAt(lastModifiedMs)
      const found = await on.store.head(lab('a'), conditions)
      if (outcome === 'read') expect(found).toMatchObject({ etag: hello })
      else expectRefusal(found, outcome)
      const open = await on.store.open(lab('a'), conditions)
      if (outcome === 'read') await wanted(open).close()
      else expectRefusal(open, outcome)
      const copied = await on.store.copy(lab('a'), lab('b'), { sourceConditions: conditions })
      if (outcome === 'read') expect(copied).toMatchObject({ facts: { etag: hello } })
      else expectRefusal(copied, 'PreconditionFailed')
    })

    test('the refusal of what was not modified has the entity tag', async () => {
      await on.put('a', 'hello')
      expectRefusal(await on.store.head(lab('a'), { ifNoneMatch: [hello] }), 'NotModified', { ETag: hello })
    })
  })

  describe('conditions of writing', () => {
    test('If-None-Match of any writes only where nothing is', async () => {
      const conditions = { ifNoneMatch: ['*'] }
      await on.put('a', 'hello', { conditions })
      expectRefusal(await on.tryPut('a', 'other', { conditions }), 'PreconditionFailed', { Condition: 'If-None-Match' })
      expectRefusal(await on.store.copy(lab('a'), lab('a'), { conditions }), 'PreconditionFailed')
      expect(await on.read('a')).toBe('hello')
      await on.store.delete(lab('a'))
      await on.put('a', 'again', { conditions })
    })

    test('of many simultaneous writers with If-None-Match one succeeds', async () => {
      const answers = await Promise.all(
        Array.from({ length: 12 }, (_, at) => on.tryPut('dir/a', `${at}`, { conditions: { ifNoneMatch: ['*'] } })),
      )
      const winner = answers.findIndex((answer) => 'facts' in answer)
      expect(answers.filter((answer) => 'facts' in answer)).toHaveLength(1)
      expect(await on.read('dir/a')).toBe(`${winner}`)
    })

    test('If-Match replaces only what is expected', async () => {
      expectRefusal(await on.tryPut('a', 'x', { conditions: { ifMatch: [hello] } }), 'NoSuchKey')
      await on.put('a', 'hello')
      expectRefusal(await on.tryPut('a', 'x', { conditions: { ifMatch: [other] } }), 'PreconditionFailed', {
        Condition: 'If-Match',
      })
      await on.put('a', 'new', { conditions: { ifMatch: [hello] } })
      expect(await on.read('a')).toBe('new')
    })

    test('of many simultaneous writers with If-Match one succeeds', async () => {
      await on.put('a', 'hello')
      const answers = await Promise.all(
        Array.from({ length: 12 }, (_, at) => on.tryPut('a', `new ${at}`, { conditions: { ifMatch: [hello] } })),
      )
      expect(answers.filter((answer) => 'facts' in answer)).toHaveLength(1)
    })

    test('If-Match deletes only what is expected', async () => {
      await on.put('a', 'hello')
      expectRefusal(await on.store.delete(lab('a'), { ifMatch: [other] }), 'PreconditionFailed')
      expect(await on.store.delete(lab('a'), { ifMatch: [hello] })).toEqual({ existed: true })
      expect(await on.store.delete(lab('a'), { ifMatch: [hello] })).toEqual({ existed: false })
    })
  })
}
