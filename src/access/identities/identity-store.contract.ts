/** What every identity store must do, as one suite: `exerciseIdentityStore({ make })` inside a test file. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createUser, setUserDisabled } from './decide-user.ts'
import { accept, put, remove } from './decision.ts'
import type { AccessKey, User } from './entities.ts'
import { iamRefusal } from './iam-refusal.ts'
import type { IdentityStore } from './identity-store.ts'

export interface IdentityStoreUnderTest {
  /** Opens one more store on the same identities, as another process would. */
  open(): IdentityStore
  /** Closes and removes everything. */
  remove(): void
}

export function exerciseIdentityStore({ make }: { make(): IdentityStoreUnderTest }): void {
  let under: IdentityStoreUnderTest
  let store: IdentityStore
  beforeEach(() => {
    under = make()
    store = under.open()
  })
  afterEach(() => under.remove())

  const now = 1_700_000_000_000
  let made = 0
  const add = (to: IdentityStore, userName: string) => {
    made += 1
    const occasion = { now, account: '123456789012', randomPart: String(made).padStart(17, 'A') }
    return to.change((known) => createUser(known, { userName }, occasion)) as User
  }
  const keyOf = (user: User): AccessKey => ({
    ...{ kind: 'accessKey', id: `KEY${user.name}`, userId: user.id, status: 'Active', createdAtMs: now },
    sealedSecret: 'sealed',
  })
  const addKey = (user: User) => store.change(() => accept(undefined, put(keyOf(user))))
  const names = (of: IdentityStore) =>
    of
      .current()
      .list('user')
      .map(({ name }) => name)

  test('a new store knows nobody', () => {
    expect([...store.current().all()]).toEqual([])
  })

  test('what was accepted is there, for every store, in the order in which it was made', () => {
    const other = under.open()
    const zoe = add(store, 'zoe')
    add(other, 'ada')
    expect([names(store), names(other), names(under.open())]).toEqual(Array(3).fill(['zoe', 'ada']))
    other.change((known) => setUserDisabled(known, { userName: 'zoe', disabled: true }, { now }))
    expect(store.current().named('user', 'zoe')).toEqual({ ...zoe, disabled: true, sessionsEndedAtMs: now })
    expect(names(store)).toEqual(['zoe', 'ada'])
  })

  test('the identities are the same object until something changes', () => {
    add(store, 'ada')
    const known = store.current()
    expect(store.current()).toBe(known)
    const before = names(store)
    add(under.open(), 'bob')
    expect(store.current()).not.toBe(known)
    expect(known.list('user').map(({ name }) => name)).toEqual(before)
  })

  test('a decision sees what another store wrote a moment ago', () => {
    const other = under.open()
    add(store, 'ada')
    expect(add(other, 'ADA')).toMatchObject({ kind: 'refusal', code: 'EntityAlreadyExists' })
  })

  test('a refusal changes nothing, and neither does an error', () => {
    add(store, 'ada')
    const refusal = iamRefusal('NoSuchEntity', 'no')
    expect(store.change(() => refusal)).toBe(refusal)
    expect(() =>
      store.change(() => {
        throw new Error('a bug')
      }),
    ).toThrow('a bug')
    expect([names(store), names(under.open())]).toEqual([['ada'], ['ada']])
    expect(add(store, 'bob')).toMatchObject({ name: 'bob' })
  })

  test('several changes are made together, and what was removed is gone', () => {
    const [ada, bob] = [add(store, 'ada'), add(store, 'bob')]
    store.change(() => accept(undefined, remove(ada), put({ ...bob, name: 'rob' }), put(keyOf(bob))))
    for (const each of [store, under.open()]) {
      expect(names(each)).toEqual(['rob'])
      expect(each.current().named('user', 'bob')).toBeUndefined()
      expect(each.current().find('accessKey', 'KEYbob')).toEqual(keyOf(bob))
    }
  })

  test('a store begins once', () => {
    const other = under.open()
    const [ada, bob] = [add(store, 'ada'), add(store, 'bob')]
    store.change(() => accept(undefined, remove(ada), remove(bob)))
    expect(store.setting('begun')).toBeUndefined()
    expect(store.begin([ada], { key: 'begun', value: 'one' })).toBe(true)
    expect(other.begin([bob], { key: 'begun', value: 'two' })).toBe(false)
    for (const each of [store, other, under.open()]) {
      expect(each.setting('begun')).toBe('one')
      expect(names(each)).toEqual(['ada'])
    }
  })

  test('the last use of a key is kept, and goes with the key', () => {
    const ada = add(store, 'ada')
    addKey(ada)
    const use = { accessKeyId: 'KEYada', atMs: now, service: 'batch', region: 'us-west-2' }
    expect(store.lastUse('KEYada')).toBeUndefined()
    store.recordLastUses([use, { ...use, accessKeyId: 'KEYgone' }])
    expect(under.open().lastUse('KEYada')).toEqual(use)
    expect(store.lastUse('KEYgone')).toBeUndefined()
    store.recordLastUses([{ ...use, atMs: now - 1 }])
    expect(store.lastUse('KEYada')).toEqual(use)
    store.recordLastUses([{ ...use, atMs: now + 1, service: 'sts' }])
    expect(store.lastUse('KEYada')).toEqual({ ...use, atMs: now + 1, service: 'sts' })
    store.change((known) => accept(undefined, remove(known.find('accessKey', 'KEYada')!)))
    addKey(ada)
    expect(store.lastUse('KEYada')).toBeUndefined()
  })

  test('names that mean something to JavaScript are names like others', () => {
    const ada = add(store, 'constructor')
    const document = '{"Version":"2012-10-17"}'
    const inlinePolicies = Object.fromEntries([['__proto__', document]])
    store.change(() => accept(undefined, put({ ...ada, inlinePolicies })))
    const read = under.open().current().named('user', 'constructor')!
    expect(Object.entries(read.inlinePolicies)).toEqual([['__proto__', document]])
    expect(store.current().named('user', 'toString')).toBeUndefined()
  })
}
