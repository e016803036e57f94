import { beforeEach, expect, test } from 'vitest'
import { S3Edge } from './s3-calls.testing.ts'

let edge: S3Edge
beforeEach(async () => {
  edge = new S3Edge()
  await edge.make({ method: 'PUT', path: '/lab' })
})

const tag = (key: string, value = 'v') => `<Tag><Key>${key}</Key><Value>${value}</Value></Tag>`
const tagging = (...tags: string[]) => `<Tagging><TagSet>${tags.join('')}</TagSet></Tagging>`
const call = (method: string, body?: string, path = '/lab') =>
  edge.call({ method, path, query: { tagging: '' }, ...(body !== undefined && { body }) })

test('the tags of a bucket are put, read and removed', async () => {
  expect((await call('PUT', tagging(tag('group', 'doe'), tag('cost', '42')))).status).toBe(204)
  const { status, body } = await call('GET')
  expect(status).toBe(200)
  expect(body).toContain(`<TagSet>${tag('cost', '42')}${tag('group', 'doe')}</TagSet>`)
  expect((await call('PUT', tagging(tag('other')))).status).toBe(204)
  expect((await call('GET')).body).toContain(`<TagSet>${tag('other')}</TagSet>`)
  expect((await call('DELETE')).status).toBe(204)
  expect((await call('GET')).code).toBe('NoSuchTagSet')
  expect((await call('DELETE')).status).toBe(204)
})

test('an empty set of tags is none', async () => {
  await call('PUT', tagging(tag('a')))
  expect((await call('PUT', '<Tagging><TagSet/></Tagging>')).status).toBe(204)
  expect((await call('GET')).code).toBe('NoSuchTagSet')
})

test('a bucket may have 50 tags', async () => {
  const many = (count: number) => tagging(...Array.from({ length: count }, (_, at) => tag(`k${at}`)))
  expect((await call('PUT', many(50))).status).toBe(204)
  expect((await call('PUT', many(51))).code).toBe('InvalidTag')
})

test.each([
  ['no XML', '<Tagging>', 'MalformedXML'],
  ['another document', '<Tags/>', 'MalformedXML'],
  ['a tag without a value', '<Tagging><TagSet><Tag><Key>a</Key></Tag></TagSet></Tagging>', 'MalformedXML'],
  ['a key twice', tagging(tag('a'), tag('a')), 'InvalidTag'],
  ['a key of the system', tagging(tag('aws:a')), 'InvalidTag'],
  ['a long value', tagging(tag('a', 'x'.repeat(257))), 'InvalidTag'],
])('%s is refused', async (_, body, code) => {
  const put = await call('PUT', body)
  expect([put.status, put.code]).toEqual([400, code])
})

test('a bucket that is not there has no tags', async () => {
  for (const [method, body] of [['PUT', tagging(tag('a'))], ['GET'], ['DELETE']] as const)
    expect((await call(method, body, '/none')).code).toBe('NoSuchBucket')
})

test('who removes tags needs the permission to put them', async () => {
  const bucket = 'arn:aws:s3:::lab'
  const reader = edge.addUser('ada', { Effect: 'Allow', Action: 's3:Get*', Resource: bucket })
  const writer = edge.addUser('bob', { Effect: 'Allow', Action: 's3:PutBucketTagging', Resource: bucket })
  const remove = { method: 'DELETE', path: '/lab', query: { tagging: '' } }
  expect((await edge.call(remove, reader)).status).toBe(403)
  expect((await edge.call(remove, writer)).status).toBe(204)
})
