import { later, Refusal, stage, type Answers } from '@hawker/api/testing'
import { describe, expect, it } from 'vitest'
import MyVideos from './my-videos.vue'

const video = (id: string, part: Record<string, unknown> = {}) => ({
  id,
  caption: '',
  cover_url: '',
  state: 'ready',
  likes: 7,
  ...part,
})
const list = (items: () => unknown[], answers: Answers = {}) =>
  stage(MyVideos, {
    app: 'mall',
    user: {},
    answers: { 'GET /me/videos': () => ({ items: items(), next_cursor: '' }), ...answers },
  })

describe('my videos', () => {
  it('says how each stands, and offers what can be done with it', async () => {
    const { page } = await list(() => [
      video('a', { state: 'processing', progress: 40 }),
      video('b', { state: 'failed', failure_text: 'No picture in it' }),
      video('c', { state: 'published', caption: 'Glaze' }),
      video('d'),
    ])
    const rows = page.findAll('li')
    expect(rows[0]?.get('[role=progressbar]').attributes('aria-valuenow')).toBe('40')
    expect(rows[1]?.text()).toContain('No picture in it')
    expect(rows[2]?.text()).toContain('Likes: 7')
    expect(rows.map((r) => r.findAll('button, a').map((x) => x.text()))).toEqual([
      [],
      [],
      ['Watch', 'Unpublish'],
      ['Publish'],
    ])
    expect(rows[3]?.text()).toContain('No caption')
  })
  it('says that one waits, and has it or one that failed by an accident tried again', async () => {
    let failure = 'video.waiting'
    const { page, press, sent } = await list(
      () => [
        video('a', { state: 'processing', failure, failure_text: 'It waits' }),
        video('b', { state: 'failed', failure: 'video.not_a_video', failure_text: 'No picture in it' }),
      ],
      {
        'POST /videos/a/requeue': () => {
          failure = ''
        },
      },
    )
    expect(page.text()).toContain('It waits')
    await press('Try again')
    expect(sent('POST /videos/a/requeue')).toHaveLength(1)
    expect(page.text()).not.toContain('Try again')
  })
  it('publishes once, and shows what is true then', async () => {
    let state = 'ready'
    const { answer, arrive } = later()
    const { page, press, sent, settle } = await list(() => [video('a', { state })], {
      'POST /videos/a/publish': () => answer,
    })
    await press('Publish')
    await press('Publish')
    state = 'published'
    arrive(undefined)
    await settle()
    expect(sent('POST /videos/a/publish')).toHaveLength(1)
    expect(page.text()).toContain('Published')
  })
  it('is as before when that was refused', async () => {
    const { press, says, buttons } = await list(() => [video('a')], {
      'POST /videos/a/publish': new Refusal(403, 'x.y', 'Not allowed'),
    })
    await press('Publish')
    expect(says()).toEqual(['Not allowed'])
    expect(buttons('Publish')[0]?.attributes('aria-disabled')).toBeUndefined()
  })
  it('is empty, or could not be read, and says which', async () => {
    expect((await list(() => [])).page.text()).toContain('No videos yet')
    const down = await list(() => [], { 'GET /me/videos': new Refusal(503, 'x.y', 'Not now') })
    expect(down.page.get('[role=alert]').text()).toContain('Not now')
  })
})
