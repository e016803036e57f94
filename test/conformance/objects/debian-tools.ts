/** Two programs of Debian's that people copy files to S3 with: rclone and s3cmd. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { run } from '../clients/aws-cli.ts'
import { plainEnvironment } from '../clients/client.ts'
import { debian } from '../clients/installed.ts'
import { largeMegabytes, type ObjectsSetting, oddNames } from './setting.ts'

/** A folder to work in, in which `sh` runs commands. */
class Workplace {
  readonly folder = mkdtempSync(join(tmpdir(), 'openbatch-objects-'))
  readonly #environment: () => Record<string, string>

  constructor(environment: () => Record<string, string>) {
    this.#environment = environment
    mkdirSync(join(this.folder, 'up'))
    for (const name of oddNames) this.write(`up/${name}`, name)
    this.write('small', 'hello')
    this.write('empty', '')
  }

  write(name: string, content: string): void {
    const path = join(this.folder, name)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, content)
    utimesSync(path, 1_700_000_000, 1_700_000_000)
  }

  text(name: string): string {
    return readFileSync(join(this.folder, name), 'utf8')
  }

  /** What the commands printed, on both outputs. */
  async sh(script: string): Promise<string> {
    const env = { ...plainEnvironment(), HOME: this.folder, ...this.#environment() }
    const { stdout, stderr } = await run('sh', ['-ec', script], env, this.folder)
    return stdout + stderr
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true })
  }
}

function rcloneEnvironment({ endpoint, credentials, trustFile }: ObjectsSetting): Record<string, string> {
  return {
    RCLONE_CONFIG: '/dev/null',
    RCLONE_CONFIG_LAB_TYPE: 's3',
    RCLONE_CONFIG_LAB_PROVIDER: 'Other',
    RCLONE_CONFIG_LAB_ENDPOINT: endpoint,
    RCLONE_CONFIG_LAB_REGION: 'us-west-2',
    RCLONE_CONFIG_LAB_ACCESS_KEY_ID: credentials.accessKeyId,
    RCLONE_CONFIG_LAB_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    RCLONE_RETRIES: '1',
    RCLONE_LOW_LEVEL_RETRIES: '1',
    ...(trustFile && { RCLONE_CA_CERT: trustFile }),
  }
}

export function exerciseRcloneOnObjects(given: () => ObjectsSetting): void {
  let place: Workplace
  beforeAll(async () => {
    debian('rclone')
    place = new Workplace(() => rcloneEnvironment(given()))
    await place.sh('rclone mkdir lab:rclone && rclone lsf lab: | grep -x rclone/')
  })
  afterAll(() => place?.remove())

  test('objects go up and down, and through standard input and output', async () => {
    await place.sh('rclone copyto small lab:rclone/cp/small && rclone copyto lab:rclone/cp/small down')
    expect(place.text('down')).toBe('hello')
    const streamed = 'printf streamed | rclone rcat lab:rclone/cp/stream && rclone cat lab:rclone/cp/stream'
    expect(await place.sh(streamed)).toBe('streamed')
    expect(await place.sh('rclone copyto empty lab:rclone/cp/empty && rclone size lab:rclone/cp')).toMatch(/: 3 /)
  })

  test('sync goes up and down, and does nothing the second time, whatever is in the names', async () => {
    expect(await place.sh('rclone sync -v up lab:rclone/sync')).toMatch(/Copied \(new\)/)
    expect(await place.sh('rclone sync -v up lab:rclone/sync')).not.toMatch(/Copied|Deleted/)
    await place.sh('rclone sync lab:rclone/sync down-sync && diff -r up down-sync')
    expect(await place.sh('rclone sync -v lab:rclone/sync down-sync')).not.toMatch(/Copied|Deleted/)
    expect(await place.sh('rclone check --download up lab:rclone/sync')).toContain('0 differences found')
  })

  test.each([20, largeMegabytes])('%i MB go up in parts, are copied and come down', async (megabytes) => {
    await place.sh(`head -c ${megabytes}M /dev/urandom > large
      rclone copyto --s3-upload-cutoff 5M --s3-chunk-size 5M large lab:rclone/large
      rclone copyto --s3-copy-cutoff 5M lab:rclone/large lab:rclone/copy
      rclone cat lab:rclone/copy | cmp - large; rm large`)
  })

  test('ranges, and what rclone says of a file', async () => {
    await place.sh('rclone copyto --metadata --metadata-set sample=1 up/plain lab:rclone/meta')
    expect(await place.sh('rclone cat --offset 1 --count 3 lab:rclone/meta')).toBe('lai')
    const [{ ModTime, Metadata }] = JSON.parse(await place.sh('rclone lsjson --metadata lab:rclone/meta'))
    expect([ModTime.slice(0, 16), Metadata.sample]).toEqual(['2023-11-14T22:13', '1'])
  })

  test('listings with a delimiter, and in pages', async () => {
    await place.sh('rclone copy up lab:rclone/pages')
    const listed = await place.sh('rclone lsf --s3-list-chunk 2 -R --files-only lab:rclone/pages')
    expect(listed.trim().split('\n').sort()).toEqual([...oddNames].sort())
    expect(await place.sh('rclone lsf --dirs-only lab:rclone/pages')).toBe('sub/\n')
  })

  test('a link reads an object, and no other', async () => {
    const url = (await place.sh('rclone copyto small "lab:rclone/p +q" && rclone link "lab:rclone/p +q" 2>&-')).trim()
    const [good, tampered] = await Promise.all([fetch(url), fetch(url.replace('/p%20', '/q%20'))])
    expect([good.status, await good.text(), tampered.status]).toEqual([200, 'hello', 403])
  })

  test('who does not sign, or signs with another secret, is refused', async () => {
    const unsigned = 'unset RCLONE_CONFIG_LAB_ACCESS_KEY_ID RCLONE_CONFIG_LAB_SECRET_ACCESS_KEY; rclone lsf lab:rclone'
    await expect(place.sh(unsigned)).rejects.toThrow(/AccessDenied/)
    const wrong = 'RCLONE_CONFIG_LAB_SECRET_ACCESS_KEY=wrong rclone lsf lab:rclone'
    await expect(place.sh(wrong)).rejects.toThrow(/SignatureDoesNotMatch/)
  })

  test('uploads are listed and cleaned up', async () => {
    expect(await place.sh('rclone backend list-multipart-uploads lab:rclone && rclone cleanup lab:rclone')).toContain(
      '"rclone": []',
    )
  })

  test('what is not there is not there', async () => {
    // To rclone, an object that is not there is an empty directory.
    expect(await place.sh('rclone lsf lab:rclone/none')).toBe('')
    await expect(place.sh('rclone lsf lab:no-such-bucket')).rejects.toThrow(/not found/)
  })

  test('a directory and the bucket are removed with all that is in them', async () => {
    await place.sh('rclone delete lab:rclone/sync && rclone purge lab:rclone')
    expect(await place.sh('rclone lsf lab:')).not.toContain('rclone/')
  })
}

export function exerciseRcloneOverTls(given: () => ObjectsSetting): void {
  test('objects go up and down over HTTPS', async () => {
    const place = new Workplace(() => rcloneEnvironment(given()))
    try {
      await place.sh(`rclone sync up lab:rclone && rclone sync lab:rclone down && diff -r up down
        printf streamed | rclone rcat lab:rclone/stream; rclone purge lab:rclone`)
    } finally {
      place.remove()
    }
  })
}

function s3cmdConfiguration({ endpoint, credentials, trustFile }: ObjectsSetting): string {
  const { host } = new URL(endpoint)
  return `[default]
access_key = ${credentials.accessKeyId}
secret_key = ${credentials.secretAccessKey}
host_base = ${host}
host_bucket = ${host}
bucket_location = us-west-2
use_https = ${trustFile ? 'True' : 'False'}
${trustFile ? `ca_certs_file = ${trustFile}` : ''}
max_retries = 0
`
}

export function exerciseS3cmdOnObjects(given: () => ObjectsSetting): void {
  let place: Workplace
  const s3 = 's3://s3cmd'
  beforeAll(async () => {
    debian('s3cmd')
    place = new Workplace(() => ({}))
    place.write('.s3cfg', s3cmdConfiguration(given()))
    await place.sh(`s3cmd mb ${s3} && s3cmd ls | grep ${s3}`)
  })
  afterAll(() => place?.remove())

  test('objects go up and down, and through standard input and output', async () => {
    await place.sh(`s3cmd put small ${s3}/cp/small && s3cmd get ${s3}/cp/small down`)
    expect(place.text('down')).toBe('hello')
    await place.sh(`printf streamed | s3cmd put - ${s3}/cp/stream && s3cmd get ${s3}/cp/stream - > streamed`)
    expect(place.text('streamed')).toBe('streamed')
    expect(await place.sh(`s3cmd put empty ${s3}/cp/empty && s3cmd du ${s3}/cp/`)).toContain('3 objects')
  })

  test('sync goes up and down, and does nothing the second time, whatever is in the names', async () => {
    expect(await place.sh(`s3cmd sync up/ ${s3}/sync/`)).toMatch(/upload: /)
    expect(await place.sh(`s3cmd sync up/ ${s3}/sync/`)).not.toMatch(/upload: /)
    await place.sh(`mkdir down-sync && s3cmd sync ${s3}/sync/ down-sync/ && diff -r up down-sync`)
    expect(await place.sh(`s3cmd sync ${s3}/sync/ down-sync/`)).not.toMatch(/download: /)
  })

  test.each([20, largeMegabytes])('%i MB go up in parts, are copied and come down', async (megabytes) => {
    await place.sh(`head -c ${megabytes}M /dev/urandom > large
      s3cmd put --multipart-chunk-size-mb=5 large ${s3}/large && s3cmd cp ${s3}/large ${s3}/copy
      s3cmd get ${s3}/copy copy && cmp copy large; rm large copy`)
  })

  test('metadata, and a download that goes on', async () => {
    await place.sh(`s3cmd put --add-header=x-amz-meta-sample:1 --mime-type=text/csv small ${s3}/meta`)
    const info = await place.sh(`s3cmd info ${s3}/meta`)
    expect(info).toMatch(/x-amz-meta-sample: 1/)
    expect(info).toMatch(/MIME type: text\/csv/)
    await place.sh(`printf hel > partly && s3cmd get --continue ${s3}/meta partly`)
    expect(place.text('partly')).toBe('hello')
  })

  test('listings show directories', async () => {
    await place.sh(`s3cmd put --recursive up/ ${s3}/listed/`)
    expect(await place.sh(`s3cmd ls ${s3}/listed/`)).toMatch(/DIR {2}s3:\/\/s3cmd\/listed\/sub\//)
  })

  test('uploads are listed with their parts, and aborted', async () => {
    // A slow client is killed when its upload is there.
    await place.sh(`head -c 12M /dev/urandom > large
      s3cmd put --limit-rate=200k --multipart-chunk-size-mb=5 large ${s3}/upload > said 2>&1 & client=$!
      for attempt in $(seq 30); do s3cmd multipart ${s3} | grep -q /upload && break; done
      kill -9 $client; rm large`)
    const uploadId = (await place.sh(`s3cmd multipart ${s3}`)).trim().split(/\s+/).at(-1)
    await place.sh(`s3cmd listmp ${s3}/upload ${uploadId} && s3cmd abortmp ${s3}/upload ${uploadId}`)
    expect(await place.sh(`s3cmd multipart ${s3}`)).not.toContain(uploadId)
  })

  test('who signs with another secret is refused', async () => {
    await expect(place.sh(`s3cmd --secret_key=wrong ls ${s3}`)).rejects.toThrow(/SignatureDoesNotMatch/)
  })

  test('what is not there is refused by name', async () => {
    await expect(place.sh(`s3cmd get ${s3}/none none`)).rejects.toThrow(/does not exist/)
    await expect(place.sh('s3cmd ls s3://no-such-bucket')).rejects.toThrow(/NoSuchBucket/)
  })

  test('several are deleted, and the bucket is removed', async () => {
    await place.sh(`s3cmd del --recursive --force ${s3}/ && s3cmd rb ${s3}`)
    expect(await place.sh('s3cmd ls')).not.toContain(s3)
  })
}

export function exerciseS3cmdOverTls(given: () => ObjectsSetting): void {
  test('objects go up and down over HTTPS', async () => {
    const place = new Workplace(() => ({}))
    try {
      place.write('.s3cfg', s3cmdConfiguration(given()))
      await place.sh(`s3cmd mb s3://s3cmd && s3cmd sync up/ s3://s3cmd/ && mkdir down && s3cmd sync s3://s3cmd/ down/
        diff -r up down && s3cmd del --recursive --force s3://s3cmd/ && s3cmd rb s3://s3cmd`)
    } finally {
      place.remove()
    }
  })
}
