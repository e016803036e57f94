import { describe, expect, it } from 'vitest'
import { resolveUser } from './run-as.ts'

const passwd = 'root:x:0:0:root:/root:/bin/sh\nada:x:1000:1001:Ada:/home/ada:/bin/sh\n'
const groups = 'root:x:0:\nlab:x:2000:ada\n'

describe('resolveUser', () => {
  it.each([
    ['ada', { uid: 1000, gid: 1001, userName: 'ada' }],
    ['1000', { uid: 1000, gid: 1001, userName: 'ada' }],
    ['4242', { uid: 4242, gid: 0, userName: undefined }],
    ['ada:lab', { uid: 1000, gid: 2000, userName: 'ada' }],
    ['4242:4343', { uid: 4242, gid: 4343, userName: undefined }],
    ['nobody-here', 'unable to find user nobody-here: no matching entries in passwd file'],
    ['ada:nothing', 'unable to find group nothing: no matching entries in group file'],
  ])('%s', (user, expected) => {
    expect(resolveUser(user, passwd, groups)).toEqual(expected)
  })
})
