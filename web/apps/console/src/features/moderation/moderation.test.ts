import { Refusal, stage, type Call } from '@hawker/api/testing'
import { describe, expect, it } from 'vitest'
import SilencedList from './parts/silenced-list.vue'
import WordList from './parts/word-list.vue'

const user = { shops: [{ id: 'shp_1', name: 'Kiln', role: 'moderator' as const }] }

describe('word list', () => {
  it('adds a word with what is done about it, and shows it', async () => {
    const words = [{ id: 'wrd_1', word: 'fake', action: 'refuse' }]
    const { page, press, sent } = await stage(WordList, {
      app: 'console',
      user,
      answers: {
        'GET /merchant/shp_1/words': () => ({ items: words }),
        'POST /merchant/shp_1/words': ({ body }: Call) => {
          words.push({ id: 'wrd_2', ...(body as { word: string; action: string }) })
          return words[1]
        },
      },
    })
    await page.get('select').setValue('mask')
    await page.get('input').setValue(' cheap ')
    await press('Add')
    expect(sent('POST /merchant/shp_1/words')[0]?.body).toEqual({ word: 'cheap', action: 'mask' })
    expect(page.findAll('li').map((x) => x.text())).toEqual(['fakeRefuse', 'cheapMask'])
    expect(page.get('input').element.value).toBe('')
  })
  it('keeps a word that the program does not take, and says why', async () => {
    const { page, press, toaster } = await stage(WordList, {
      app: 'console',
      user,
      answers: {
        'GET /merchant/shp_1/words': { items: [] },
        'POST /merchant/shp_1/words': new Refusal(409, 'moderation.too_many_words', 'Too many words'),
      },
    })
    await page.get('input').setValue('cheap')
    await press('Add')
    expect(toaster.items[0]?.text).toBe('Too many words')
    expect(page.get('input').element.value).toBe('cheap')
  })
  it('is the list of all shops for operators', async () => {
    const { page } = await stage(WordList, {
      app: 'console',
      user: { roles: ['operator'] },
      props: { platform: true },
      answers: { 'GET /admin/words': { items: [{ id: 'wrd_1', word: 'scam', action: 'hold' }] } },
    })
    expect(page.text()).toContain('scam')
  })
})

describe('muted and banned', () => {
  it('says who by and until when, and lets one go', async () => {
    let items = [
      { user_id: 'usr_2', name: 'Bo', kind: 'ban', until: null, reason: 'spam', by_name: 'Ann', at: '' },
    ]
    const { page, press } = await stage(SilencedList, {
      app: 'console',
      user,
      answers: {
        'GET /merchant/shp_1/silenced': () => ({ items }),
        'DELETE /merchant/shp_1/silenced/usr_2': () => {
          items = []
        },
      },
    })
    expect(page.get('li').text()).toContain('for good · by Ann · spam')
    await press('Release')
    expect(page.text()).toContain('Nobody is muted or banned')
  })
})
