import type { Message } from '@hawker/api'
import { UiMenu } from '@hawker/ui'
import { Refusal, some, stage, type Answers } from '@hawker/api/testing'
import { describe, expect, it } from 'vitest'
import MessageRow from './message-row.vue'

const base = '/merchant/shp_1/rooms/rom_1/messages/msg_1'
async function row(part: Partial<Message> = {}, answers: Answers = {}, closed = false) {
  const on = await stage(MessageRow, {
    app: 'console',
    user: { shops: [{ id: 'shp_1', name: 'Kiln', role: 'owner', permissions: [] }] as never },
    props: {
      roomId: 'rom_1',
      closed,
      message: some<Message>({
        id: 'msg_1',
        kind: 'chat',
        user_name: 'Ann',
        text: 'hi',
        held: false,
        question: false,
        ...part,
      }),
    },
    answers: { [`POST ${base}/show`]: undefined, [`POST ${base}/remove`]: undefined, ...answers },
  })
  const menu = () => on.page.findComponent(UiMenu)
  async function choose(key: string) {
    menu().vm.$emit('choose', key)
    await on.settle()
  }
  return { ...on, menu, choose }
}

describe('a message at the desk', () => {
  it('lets a held one through, or takes it away', async () => {
    const held = await row({ held: true })
    await held.press('Allow')
    expect(held.sent(`POST ${base}/show`)).toHaveLength(1)
    expect(held.page.emitted('shown')).toHaveLength(1)
    const other = await row({ held: true })
    await other.press('Remove')
    expect(other.page.emitted('gone')).toHaveLength(1)
  })
  it('keeps it where it is when the program says no', async () => {
    const no = new Refusal(404, 'live.no_such_message', 'The message is gone')
    const { page, press, toaster } = await row({ held: true }, { [`POST ${base}/show`]: no })
    await press('Allow')
    expect(page.emitted('shown')).toBeUndefined()
    expect(toaster.items.map((x) => x.text)).toContain('The message is gone')
  })
  it('silences whoever wrote it, and says for whom that holds', async () => {
    const { choose, sent, toaster } = await row({}, { [`POST ${base}/silence`]: undefined })
    await choose('mute')
    expect(sent(`POST ${base}/silence`)[0]?.body).toEqual({ kind: 'mute', minutes: 10 })
    expect(toaster.items.map((x) => x.text)).toContain('Ann is muted')
  })
  it('bans without an end', async () => {
    const { choose, sent } = await row({}, { [`POST ${base}/silence`]: undefined })
    await choose('ban')
    expect(sent(`POST ${base}/silence`)[0]?.body).toEqual({ kind: 'ban' })
  })
  it('pins what is on the screens, and nothing that waits for review', async () => {
    const pin = 'PUT /merchant/shp_1/rooms/rom_1/pinned-message'
    const { page, choose, sent } = await row({}, { [pin]: undefined })
    await choose('pin')
    expect(sent(pin)[0]?.body).toEqual({ message_id: 'msg_1' })
    expect(page.emitted('pinned')).toHaveLength(1)
    const held = await row({ held: true })
    expect(
      held
        .menu()
        .props('items')
        .map((x: { key: string }) => x.key),
    ).toEqual(['remove', 'mute', 'ban'])
  })
  it.each(['host', 'order', 'system'] as const)('offers nothing against what "%s" says', async (kind) => {
    const { page } = await row({ kind })
    expect(page.findAll('button')).toHaveLength(0)
  })
  it('offers nothing when the show is over', async () => {
    const { page } = await row({ held: true }, {}, true)
    expect(page.findAll('button')).toHaveLength(0)
  })
})
