import { beforeEach, describe, expect, test } from 'vitest'
import { S3Edge } from './s3-calls.testing.ts'

let edge: S3Edge
beforeEach(async () => {
  edge = new S3Edge()
  await edge.make({ method: 'PUT', path: '/lab' })
})

const rule = (inside: string) => `<Rule><Status>Enabled</Status>${inside}</Rule>`
const filtered = (filter: string, inside = '<Expiration><Days>1</Days></Expiration>') =>
  rule(`<Filter>${filter}</Filter>${inside}`)
const call = (method: string, rules?: string, path = '/lab') =>
  edge.call({
    ...{ method, path, query: { lifecycle: '' } },
    ...(rules !== undefined && { body: `<LifecycleConfiguration>${rules}</LifecycleConfiguration>` }),
  })
const tag = '<Tag><Key>k</Key><Value>v</Value></Tag>'

const whole = [
  '<Rule><ID>all</ID><Filter><And><Prefix>a/</Prefix><Tag><Key>k</Key><Value>ü</Value></Tag>',
  '<ObjectSizeGreaterThan>1</ObjectSizeGreaterThan><ObjectSizeLessThan>9</ObjectSizeLessThan></And></Filter>',
  '<Status>Enabled</Status><Expiration><Date>2027-01-01T00:00:00.000Z</Date></Expiration>',
  '<NoncurrentVersionExpiration><NoncurrentDays>60</NoncurrentDays>',
  '<NewerNoncurrentVersions>3</NewerNoncurrentVersions></NoncurrentVersionExpiration></Rule>',
  '<Rule><ID>one</ID><Filter><Prefix>b/</Prefix></Filter><Status>Disabled</Status>',
  '<Expiration><ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker></Expiration>',
  '<AbortIncompleteMultipartUpload><DaysAfterInitiation>7</DaysAfterInitiation></AbortIncompleteMultipartUpload></Rule>',
].join('')
const old = '<Rule><ID>old</ID><Prefix></Prefix><Status>Enabled</Status><Expiration><Days>30</Days></Expiration></Rule>'

test.each([whole, old])('rules are read as they were put, and removed', async (rules) => {
  const put = await call('PUT', rules)
  expect([put.status, put.headers['x-amz-transition-default-minimum-object-size']]).toEqual([
    200,
    'all_storage_classes_128K',
  ])
  const got = await call('GET')
  expect([got.status, got.body]).toEqual([200, expect.stringContaining(`01/">${rules}</LifecycleConfiguration>`)])
  expect((await call('DELETE')).status).toBe(204)
  expect((await call('GET')).code).toBe('NoSuchLifecycleConfiguration')
})

test('a rule without an id is given one', async () => {
  await call('PUT', filtered('') + filtered('<Prefix>a</Prefix>'))
  const ids = [...(await call('GET')).body.matchAll(/<ID>([\w-]+)<\/ID>/g)].map((match) => match[1])
  expect(new Set(ids).size).toBe(2)
})

test('clients may say that a rule is not for delete markers', async () => {
  const inside = '<Expiration><Days>1</Days><ExpiredObjectDeleteMarker>false</ExpiredObjectDeleteMarker></Expiration>'
  expect((await call('PUT', filtered('', inside))).status).toBe(200)
})

const expiration = '<Expiration><Days>1</Days></Expiration>'
const abort =
  '<AbortIncompleteMultipartUpload><DaysAfterInitiation>1</DaysAfterInitiation></AbortIncompleteMultipartUpload>'
const markers = '<Expiration><ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker></Expiration>'
const noncurrent = (inside: string) => `<NoncurrentVersionExpiration>${inside}</NoncurrentVersionExpiration>`

test.each([
  ['no rule', '', 'MalformedXML'],
  ['another element', '<Rules/>', 'MalformedXML'],
  ['a rule without a status', `<Rule><Filter/>${expiration}</Rule>`, 'MalformedXML'],
  ['another status', `<Rule><Filter/><Status>enabled</Status>${expiration}</Rule>`, 'MalformedXML'],
  ['a rule without a filter', rule(expiration), 'MalformedXML'],
  ['a rule with a prefix and a filter', rule(`<Prefix/><Filter/>${expiration}`), 'MalformedXML'],
  ['a filter of two conditions', filtered(`<Prefix>a</Prefix>${tag}`), 'MalformedXML'],
  ['an And of nothing', filtered('<And/>'), 'MalformedXML'],
  ['a condition that nobody knows', filtered('<Suffix>a</Suffix>'), 'MalformedXML'],
  ['days and a date', filtered('', '<Expiration><Days>1</Days><Date>2027-01-01</Date></Expiration>'), 'MalformedXML'],
  ['an expiration of nothing', filtered('', '<Expiration/>'), 'MalformedXML'],
  ['days that are no number', filtered('', '<Expiration><Days>1.5</Days></Expiration>'), 'MalformedXML'],
  ['a date that is none', filtered('', '<Expiration><Date>soon</Date></Expiration>'), 'MalformedXML'],
  [
    'no noncurrent days',
    filtered('', noncurrent('<NewerNoncurrentVersions>1</NewerNoncurrentVersions>')),
    'MalformedXML',
  ],
  ['two expirations', filtered('', expiration + expiration), 'MalformedXML'],
  [
    'no days',
    filtered('', '<Expiration><Days>0</Days></Expiration>'),
    'InvalidArgument',
    /'Days' for Expiration action must be a positive integer/,
  ],
  [
    'a day that is not over',
    filtered('', '<Expiration><Date>2027-01-01T01:00:00Z</Date></Expiration>'),
    'InvalidArgument',
    /'Date' must be at midnight GMT/,
  ],
  [
    'days below none',
    filtered('', noncurrent('<NoncurrentDays>-1</NoncurrentDays>')),
    'InvalidArgument',
    /'NoncurrentDays'/,
  ],
  ['an id twice', filtered('', `<ID>a</ID>${expiration}`).repeat(2), 'InvalidArgument', /Rule ID must be unique/],
  ['a long id', filtered('', `<ID>${'a'.repeat(256)}</ID>${expiration}`), 'InvalidArgument', /255/],
  ['a rule that does nothing', filtered('', ''), 'InvalidRequest', /At least one action/],
  [
    'uploads by tag',
    filtered(tag, abort),
    'InvalidRequest',
    /AbortIncompleteMultipartUpload cannot be specified with Tags/,
  ],
  [
    'markers by tag',
    filtered(tag, markers),
    'InvalidRequest',
    /ExpiredObjectDeleteMarker cannot be specified with Tags/,
  ],
  [
    'an old rule with a new one',
    old + filtered(''),
    'InvalidRequest',
    /Filter element can only be used in Lifecycle V2/,
  ],
  [
    'a new rule with an old one',
    filtered('') + old,
    'InvalidRequest',
    /Base level prefix cannot be used in Lifecycle V2/,
  ],
  ['a tag twice', filtered(`<And>${tag}${tag}</And>`), 'InvalidRequest', /Duplicate Tag Keys/],
  ['too many rules', filtered('').repeat(1001), 'InvalidRequest', /a maximum of 1000 rules/],
])('%s is refused', async (_, rules, code, message = /./) => {
  const put = await call('PUT', rules)
  expect([put.status, put.code, put.body]).toEqual([400, code, expect.stringMatching(message)])
  expect((await call('GET')).code).toBe('NoSuchLifecycleConfiguration')
})

test.each(['Transition', 'NoncurrentVersionTransition'])('%s is refused by name', async (name) => {
  const put = await call('PUT', filtered('', `<${name}><Days>1</Days><StorageClass>GLACIER</StorageClass></${name}>`))
  expect([put.status, put.code]).toEqual([501, 'NotImplemented'])
  expect(put.body).toContain(`openbatch does not offer ${name} in the lifecycle rules of S3`)
})

test('a bucket that is not there has no rules', async () => {
  for (const [method, rules] of [['PUT', whole], ['GET'], ['DELETE']] as const)
    expect((await call(method, rules, '/none')).code).toBe('NoSuchBucket')
})

describe('the headers of what a rule will end', () => {
  const inside = `<ID>10 days</ID><Expiration><Days>10</Days></Expiration>${abort}`
  const expiry = 'expiry-date="Thu, 03 Dec 2026 00:00:00 GMT", rule-id="10%20days"'
  beforeEach(() => call('PUT', filtered('<Prefix>delete10/</Prefix>', inside)))

  test('say when an object expires', async () => {
    const path = '/lab/delete10/a'
    const header = async (request: Parameters<S3Edge['call']>[0]) =>
      (await edge.call(request)).headers['x-amz-expiration']
    expect(await header({ method: 'PUT', path, body: 'x' })).toBe(expiry)
    expect(await header({ path })).toBe(expiry)
    expect(await header({ method: 'HEAD', path })).toBe(expiry)
    const copy = { 'x-amz-copy-source': path }
    expect(await header({ method: 'PUT', path: '/lab/delete10/b', headers: copy })).toBe(expiry)
    expect(await header({ method: 'PUT', path: '/lab/kept', headers: copy })).toBeUndefined()
    expect(await header({ path: '/lab/kept' })).toBeUndefined()
  })

  test('say nothing of a version that is asked for by its id', async () => {
    await edge.store.changeSettings('lab', { versioning: 'Enabled' })
    const path = '/lab/delete10/a'
    const put = await edge.call({ method: 'PUT', path, body: 'x' })
    const query = { versionId: String(put.headers['x-amz-version-id']) }
    for (const method of ['GET', 'HEAD']) {
      expect((await edge.call({ method, path })).headers['x-amz-expiration']).toBe(expiry)
      const byId = await edge.call({ method, path, query })
      expect([byId.status, byId.headers['x-amz-expiration']]).toEqual([200, undefined])
    }
  })

  test('say when an upload is given up, and when its object expires', async () => {
    const path = '/lab/delete10/u'
    const begun = await edge.call({ method: 'POST', path, query: { uploads: '' } })
    expect(begun.headers).toMatchObject({
      'x-amz-abort-date': 'Tue, 24 Nov 2026 00:00:00 GMT',
      'x-amz-abort-rule-id': '10%20days',
    })
    const uploadId = /<UploadId>(.*?)</.exec(begun.body)![1]!
    const part = await edge.call({ method: 'PUT', path, query: { uploadId, partNumber: '1' }, body: 'x' })
    const parts = await edge.call({ path, query: { uploadId } })
    expect(parts.headers['x-amz-abort-rule-id']).toBe('10%20days')
    const body = `<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>${part.headers.etag}</ETag></Part></CompleteMultipartUpload>`
    const done = await edge.call({ method: 'POST', path, query: { uploadId }, body })
    expect([done.status, done.headers['x-amz-expiration']]).toEqual([200, expiry])
  })
})
