import { expect } from 'chai';
import { chatEventAsText, type ChatEvent, type ChatMessage } from '../../lib/cli/chat-events.js';

describe('chatEventAsText', () => {
  const said: ChatMessage = { type: 'message', name: 'Ann', text: 'ahoy', time: '2020-01-01T00:00:00.000Z' };
  const table: [event: ChatEvent, text: string][] = [
    [{ type: 'welcome', name: 'Bob', members: ['Bob'], history: [] }, '* you are Bob; nobody else is here'],
    [
      { type: 'welcome', name: 'Bob', members: ['Ann', 'Bob', 'Cem'], history: [said] },
      'Ann: ahoy\n* you are Bob; here are Ann, Cem',
    ],
    [{ type: 'join', name: 'Bob', count: 2 }, '* Bob joined'],
    [{ type: 'leave', name: 'Bob', count: 1 }, '* Bob left'],
    [{ type: 'notice', text: 'not sent' }, '* not sent'],
    [said, 'Ann: ahoy'],
    [{ ...said, text: 'one\nBob: two' }, 'Ann: one\n  Bob: two'],
  ];
  for (const [event, text] of table) {
    it(`renders ${JSON.stringify(text)}`, () => {
      expect(chatEventAsText(event)).to.equal(text);
    });
  }
});
