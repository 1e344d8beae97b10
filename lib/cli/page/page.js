const MAX_LOG_ENTRIES = 200;
const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 10_000;

/** Finds an element of the page. */
const $ = (id) => document.getElementById(id);

/** Makes an element with text; text never becomes markup. */
function element(name, { text = '', ...properties } = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  if (text !== '') made.append(text);
  made.append(...children);
  return made;
}

/** Appends to a log, keeps it bounded, and follows it unless the reader has scrolled up. */
function appendTo(log, entry) {
  const follows = log.scrollHeight - log.scrollTop - log.clientHeight < 40;
  log.append(entry);
  while (log.childElementCount > MAX_LOG_ENTRIES) log.firstElementChild.remove();
  if (follows) log.scrollTop = log.scrollHeight;
}

/** Is a WebSocket that dials again when it is lost, and shows its state. */
class Line {
  #path;
  #protocols;
  #status;
  #onMessage;
  #onLost;
  #socket;
  #retryMs = FIRST_RETRY_MS;
  #wasOpen = false;
  #timer;

  constructor(path, { protocols = [], status, onMessage, onLost = () => {} }) {
    this.#path = path;
    this.#protocols = protocols;
    this.#status = status;
    this.#onMessage = onMessage;
    this.#onLost = onLost;
    this.#dial();
  }

  get isOpen() {
    return this.#socket.readyState === WebSocket.OPEN;
  }

  send(data) {
    if (this.isOpen) this.#socket.send(data);
    return this.isOpen;
  }

  /** Hangs up for good. */
  close() {
    clearTimeout(this.#timer);
    this.#onLost = () => {};
    this.#status = undefined;
    this.#onMessage = () => {};
    this.#path = undefined;
    this.#socket.close(1000);
  }

  #dial() {
    const url = new URL(this.#path, location.href);
    url.protocol = url.protocol.replace('http', 'ws');
    url.hash = '';
    const socket = new WebSocket(url, this.#protocols);
    socket.binaryType = 'arraybuffer';
    socket.addEventListener('open', () => {
      this.#retryMs = FIRST_RETRY_MS;
      this.#wasOpen = true;
      this.#show('open', 'connected');
    });
    socket.addEventListener('message', (event) => this.#onMessage(event.data));
    socket.addEventListener('close', (event) => this.#lost(event));
    this.#socket = socket;
  }

  #lost({ code, reason }) {
    if (this.#path === undefined) return;
    this.#onLost();
    // A dial that failed says nothing new, so the last word of the server stays on the page.
    if (this.#wasOpen) this.#show('gone', `${reason || 'connection lost'} (${code}); dialling again …`);
    else if (this.#status?.dataset.state === 'wait') this.#show('gone', 'no answer; dialling again …');
    this.#wasOpen = false;
    this.#timer = setTimeout(() => this.#dial(), this.#retryMs);
    this.#retryMs = Math.min(this.#retryMs * 2, LONGEST_RETRY_MS);
  }

  #show(state, text) {
    if (this.#status === undefined || this.#status.textContent === text) return;
    this.#status.dataset.state = state;
    this.#status.textContent = text;
  }
}

/** Is the chat box: one room at a time. */
class Chat {
  #line;
  #name = '';
  #members = new Set();

  constructor() {
    $('chat-room').value = decodeHash() || 'lobby';
    $('chat-name').value = sessionStorage.getItem('name') ?? '';
    $('chat-join').addEventListener('submit', (event) => {
      event.preventDefault();
      this.#join();
      $('chat-text').focus();
    });
    $('chat-form').addEventListener('submit', (event) => {
      event.preventDefault();
      if (this.#line.send($('chat-text').value)) $('chat-text').value = '';
    });
    addEventListener('hashchange', () => {
      const room = decodeHash();
      if (room === '' || room === $('chat-room').value) return;
      $('chat-room').value = room;
      this.#join();
    });
    this.#join();
  }

  #join() {
    const room = $('chat-room').value.trim() || 'lobby';
    const name = $('chat-name').value.trim();
    sessionStorage.setItem('name', name);
    // The room is part of the address, so that a second tab finds it.
    history.replaceState(null, '', `#${encodeURIComponent(room)}`);
    const path = `/chat/${encodeURIComponent(room)}`;
    $('chat-path').textContent = path;
    this.#line?.close();
    this.#line = new Line(`${path}?${new URLSearchParams({ name })}`, {
      protocols: ['chat.json'],
      status: $('chat-status'),
      onMessage: (data) => this.#onEvent(JSON.parse(data)),
      onLost: () => this.#showMembers(new Set()),
    });
  }

  #onEvent(event) {
    switch (event.type) {
      case 'welcome':
        this.#name = event.name;
        $('chat-log').replaceChildren();
        for (const message of event.history) this.#showMessage(message);
        this.#notice(`You are ${event.name}.`);
        this.#showMembers(new Set(event.members));
        break;
      case 'join':
        this.#notice(`${event.name} joined.`);
        this.#showMembers(this.#members.add(event.name));
        break;
      case 'leave':
        this.#notice(`${event.name} left.`);
        this.#members.delete(event.name);
        this.#showMembers(this.#members);
        break;
      case 'message':
        this.#showMessage(event);
        break;
      case 'notice':
        this.#notice(`${event.text}.`);
        break;
    }
  }

  #showMessage({ name, text, time }) {
    const at = new Date(time);
    const by = element('span', { className: 'by' }, element('b', { text: name }), ' ');
    by.append(element('time', { text: at.toLocaleTimeString(), dateTime: time }));
    const className = name === this.#name ? 'message mine' : 'message';
    appendTo($('chat-log'), element('div', { className }, by, text));
  }

  #showMembers(members) {
    this.#members = members;
    $('chat-members').textContent = members.size === 0 ? '' : `Here: ${[...members].join(', ')}`;
  }

  #notice(text) {
    appendTo($('chat-log'), element('div', { className: 'notice', text }));
  }
}

/** Is the echo box: sends a payload and measures how long its echo takes. */
class Echo {
  #line;
  #sentAt = [];

  constructor() {
    this.#line = new Line('/echo', {
      status: $('echo-status'),
      onMessage: (data) => this.#onMessage(data),
      onLost: () => (this.#sentAt = []),
    });
    $('echo-form').addEventListener('submit', (event) => {
      event.preventDefault();
      this.#send();
    });
    $('echo-text').addEventListener('keydown', (event) => {
      if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) $('echo-form').requestSubmit();
    });
  }

  #send() {
    const text = $('echo-text').value;
    const isBinary = new FormData($('echo-form')).get('kind') === 'binary';
    const sentAt = performance.now();
    if (this.#line.send(isBinary ? new TextEncoder().encode(text) : text)) this.#sentAt.push(sentAt);
  }

  #onMessage(data) {
    const took = `${(performance.now() - this.#sentAt.shift()).toFixed(1)} ms`;
    const shown = typeof data === 'string' ? element('span', { text: data }) : showOctets(data);
    appendTo($('echo-log'), element('li', {}, shown, element('span', { className: 'took', text: took })));
  }
}

function showOctets(data) {
  const octets = [...new Uint8Array(data, 0, Math.min(data.byteLength, 48))];
  const hex = octets.map((octet) => octet.toString(16).padStart(2, '0')).join(' ');
  const text = `${data.byteLength} octets: ${hex}${data.byteLength > 48 ? ' …' : ''}`;
  return element('span', { className: 'octets', text });
}

/** Is the table of connections; rows are kept and changed in place. */
class Table {
  #rows = new Map();

  constructor() {
    new Line('/monitor', {
      status: $('table-status'),
      onMessage: (data) => this.#update(JSON.parse(data)),
      onLost: () => $('table-scroll').classList.add('stale'),
    });
  }

  #update({ count, rows }) {
    $('table-scroll').classList.remove('stale');
    const alive = new Set(rows.map(({ id }) => id));
    for (const [id, row] of this.#rows) {
      if (alive.has(id)) continue;
      row.remove();
      this.#rows.delete(id);
    }
    for (const connection of rows) this.#fill(this.#rowOf(connection.id), connection);
    const status = `${count} ${count === 1 ? 'connection' : 'connections'}`;
    // Only a change is written: a live region would speak every second else.
    if ($('table-status').textContent !== status) $('table-status').textContent = status;
    $('table-more').hidden = count <= rows.length;
    $('table-more').textContent = `and ${count - rows.length} more`;
  }

  #rowOf(id) {
    const known = this.#rows.get(id);
    if (known !== undefined) return known;
    const row = element('tr');
    for (let column = 0; column < 9; column++)
      row.append(element('td', { className: column > 3 ? 'number' : '' }));
    row.cells[3].append(element('span', { className: 'badge' }));
    this.#rows.set(id, row);
    $('table-rows').append(row);
    return row;
  }

  #fill(row, connection) {
    const badge = row.cells[3].firstElementChild;
    badge.dataset.state = connection.state;
    const texts = [
      connection.peer,
      connection.path,
      connection.protocol || '–',
      connection.state.toLowerCase(),
      connection.keepalive > 0 ? `${connection.keepalive} s` : 'off',
      connection.latencyMs === null ? '–' : `${connection.latencyMs.toFixed(1)} ms`,
      formatOctets(connection.bytesReceived),
      formatOctets(connection.bytesSent),
      formatAge(connection.ageMs),
    ];
    for (const [column, text] of texts.entries()) {
      const place = column === 3 ? badge : row.cells[column];
      if (place.textContent !== text) place.textContent = text;
      if (column < 3) row.cells[column].title = text;
    }
  }
}

function formatOctets(count) {
  if (count < 1024) return `${count} B`;
  if (count < 1024 ** 2) return `${(count / 1024).toFixed(1)} KiB`;
  return `${(count / 1024 ** 2).toFixed(1)} MiB`;
}

function formatAge(ageMs) {
  const seconds = Math.floor(ageMs / 1000);
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}

function decodeHash() {
  try {
    return decodeURIComponent(location.hash.slice(1)).slice(0, 40);
  } catch {
    return '';
  }
}

function showClock() {
  new Line('/clock', {
    onLost: () => $('clock').classList.add('stale'),
    onMessage: (data) => {
      $('clock').classList.remove('stale');
      $('clock').dateTime = data;
      $('clock').textContent = new Date(data).toLocaleTimeString([], { hour12: false });
    },
  });
}

function showCommands() {
  const origin = location.origin.replace('http', 'ws');
  for (const code of document.querySelectorAll('[data-command]')) {
    code.textContent = `hawser open ${code.dataset.options ?? ''}'${origin}${code.dataset.command}'`;
  }
}

showCommands();
showClock();
new Echo();
new Table();
new Chat();
