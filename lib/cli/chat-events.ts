/** Is what a chat room tells its members. */
export type ChatEvent =
  | {
      readonly type: 'welcome';
      readonly name: string;
      readonly members: string[];
      readonly history: ChatMessage[];
    }
  | { readonly type: 'join' | 'leave'; readonly name: string; readonly count: number }
  | { readonly type: 'notice'; readonly text: string }
  | ChatMessage;

/** Is one line of talk. */
export interface ChatMessage {
  readonly type: 'message';
  readonly name: string;
  readonly text: string;
  /** ISO 8601, UTC. */
  readonly time: string;
}

/** Renders an event for the subprotocol `chat.text`: lines for people at a terminal. */
export function chatEventAsText(event: ChatEvent): string {
  switch (event.type) {
    case 'welcome': {
      const others = event.members.filter((name) => name !== event.name);
      const company = others.length === 0 ? 'nobody else is here' : `here are ${others.join(', ')}`;
      return [...event.history.map(chatEventAsText), `* you are ${event.name}; ${company}`].join('\n');
    }
    case 'join':
      return `* ${event.name} joined`;
    case 'leave':
      return `* ${event.name} left`;
    case 'notice':
      return `* ${event.text}`;
    case 'message':
      // Further lines are indented, else one member could speak in another's name.
      return `${event.name}: ${event.text.replaceAll('\n', '\n  ')}`;
  }
}
