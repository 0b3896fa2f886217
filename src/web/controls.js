// What can be changed while a network trains: data, network, training, branches. Text goes in through textContent only.

import { element, num } from './panels.js';

/** A value as TOML writes it inline. @param {any} x @returns {string} */
export function toml(x) {
  if (Array.isArray(x)) return `[${x.map(toml).join(', ')}]`;
  if (x !== null && typeof x === 'object') {
    return `{ ${Object.entries(x).filter(([, value]) => value !== null).map(([key, value]) => `${key} = ${toml(value)}`).join(', ')} }`;
  }
  if (typeof x === 'string') return JSON.stringify(x);
  return String(x);
}

const ACTIVATIONS = ['identity', 'relu', 'leaky_relu', 'elu', 'gelu', 'silu', 'softplus', 'tanh', 'sigmoid', 'softmax'];
const LOSSES = [['bce', 'binary cross-entropy'], ['cross_entropy', 'cross-entropy'], ['mse', 'mean squared error'], ['huber', 'Huber']];
const OPTIMISERS = [['sgd', 'SGD'], ['adam', 'Adam'], ['adamw', 'AdamW'], ['rmsprop', 'RMSprop']];

/** @param {string} label @param {HTMLElement} control */
function labelled(label, control) {
  return element('label', { className: 'control' }, element('span', { textContent: label }), control);
}

/** @param {string} text @param {() => void} act @param {string} [id] */
function button(text, act, id) {
  const made = element('button', { type: 'button', textContent: text, ...(id ? { id } : {}) });
  made.addEventListener('click', act);
  return made;
}

/** @param {string[][]} options @param {string} chosen @param {(value: string) => void} change @param {string} id */
function select(options, chosen, change, id) {
  const made = element('select', { id });
  made.append(...options.map(([value, text]) => element('option', { value, textContent: text ?? value })));
  made.value = chosen;
  made.addEventListener('change', () => change(made.value));
  return made;
}

/** A number that is sent when it is done. @param {number | null | undefined} x @param {(x: number) => void} change @param {string} id */
function number(x, change, id) {
  const made = element('input', { type: 'number', step: 'any', value: x ?? '', id });
  made.addEventListener('change', () => {
    const wanted = Number(made.value);
    if (made.value !== '' && Number.isFinite(wanted)) change(wanted);
  });
  return made;
}

/** The controls. `say` takes a message to the program; `drawing` holds the points on their way.
 * @param {(message: any) => void} say @param {import('./draw.js').Drawing} drawing @param {() => void} redraw @param {() => void} compare */
export function buildControls(say, drawing, redraw, compare) {
  const change = (/** @type {any} */ what) => say({ change: what });
  const set = (/** @type {string[]} */ ...assignments) => change({ set: { assignments } });
  const cards = Object.fromEntries(['data', 'network', 'training', 'branches'].map((name) => [name, element('div', { className: 'card', id: `card-${name}` })]));
  const root = element('section', { id: 'bench', 'aria-label': 'What can be changed' }, ...Object.values(cards));
  const status = element('p', { id: 'status', role: 'status' });
  const transport = element('div', { id: 'transport' });
  const drawBox = element('div', { className: 'drawing' });
  let compared = /** @type {number | null} */ (null);
  /** @type {any} */
  let scene = null;

  /** A table's text, from a file or the clipboard. @param {string} name @param {string} text @param {string} target */
  function table(name, text, target) {
    change({ csv: { name, text, ...(target ? { target } : {}) } });
  }

  /** @param {File | undefined} file */
  async function takeFile(file) {
    if (!file) return;
    if (file.size > 1_000_000) {
      status.textContent = `${file.name} has ${file.size} bytes, and a page hands over a million at most; name it in a configuration: foldspace play CONFIG`;
      return;
    }
    table(file.name, await file.text(), '');
  }

  function showData() {
    const { settings, sets, drawable, file } = scene.run.live;
    const data = settings.data;
    const samples = element('input', { type: 'number', min: 4, max: 10000, step: 1, value: data.samples ?? '', id: 'data-samples' });
    const noise = element('input', { type: 'number', min: 0, step: 0.05, value: data.noise ?? '', id: 'data-noise' });
    const use = () => {
      const wanted = chooser.value;
      if (wanted === '') return;
      const same = wanted === data.name;
      change({ data: { set: wanted, ...(samples.value !== '' && same ? { samples: Number(samples.value) } : {}), ...(noise.value !== '' && same ? { noise: Number(noise.value) } : {}) } });
    };
    const options = sets.map((/** @type {string} */ name) => [name, name.replace('_', ' ')]);
    if (file) options.unshift(['', scene.run.data]);
    const chooser = select(options, file ? '' : data.name, use, 'data-set');
    for (const input of [samples, noise]) input.addEventListener('change', use);
    const picker = element('input', { type: 'file', accept: '.csv,.tsv,.txt,text/csv', id: 'data-file' });
    picker.addEventListener('change', () => takeFile(picker.files?.[0]));
    const pasted = element('textarea', { id: 'data-text', rows: 4, placeholder: 'x1,x2,label\n0.5,1.5,yes\n…' });
    const target = element('input', { type: 'text', id: 'data-target', placeholder: 'label, or the last' });
    const paste = element('details', {}, element('summary', { textContent: 'or paste a table' }), labelled('table', pasted), labelled('target column', target), button('Use this table', () => table('pasted', pasted.value, target.value), 'data-paste'));
    const parts = [element('h3', { textContent: 'Data' }), labelled('set', chooser)];
    if (data.samples !== undefined && data.samples !== null) parts.push(labelled('samples', samples));
    if (data.noise !== undefined && data.noise !== null) parts.push(labelled('noise', noise));
    parts.push(element('label', { className: 'stacked' }, 'a table (CSV): drop it on the page, or ', picker), paste);
    cards.data.replaceChildren(...parts);
    drawBox.replaceChildren(drawable ? drawControls() : element('p', { className: 'more', textContent: 'Points can be drawn where input space is a plane of two classes or more, or one feature.' }));
  }

  function drawControls() {
    const run = scene.run;
    const classes = run.target.kind === 'classes' ? run.target.names : [];
    const d = run.features.length;
    const names = [...classes];
    while (classes.length && names.length < Math.min(10, classes.length + 3)) {
      let k = 0;
      while (names.includes(String(k))) k++;
      names.push(String(k));
    }
    if (!names.includes(drawing.chosen)) drawing.chosen = names[0] ?? '';
    const toggle = button('Draw points', () => {
      drawing.on = !drawing.on;
      toggle.setAttribute('aria-pressed', String(drawing.on));
      redraw();
    }, 'draw');
    toggle.setAttribute('aria-pressed', String(drawing.on));
    const parts = [toggle];
    if (classes.length) parts.push(labelled('class', select(names.map((name, k) => [name, k < classes.length ? name : `${name} (new)`]), drawing.chosen, (name) => (drawing.chosen = name), 'draw-class')));
    const fields = Array.from({ length: classes.length ? d : 2 }, (_, k) => {
      const field = element('input', { type: 'number', step: 'any', className: 'short', id: `draw-${k}`, placeholder: k < d ? run.features[k] : run.target.names[0] });
      field.setAttribute('aria-label', k < d ? run.features[k] : run.target.names[0]);
      return field;
    });
    const put = button('Add', () => {
      if (fields.some((field) => field.value === '')) return;
      const numbers = fields.map((field) => Number(field.value));
      drawing.strokes.push([classes.length ? { at: numbers, class: drawing.chosen } : { at: [numbers[0]], value: numbers[1] }]);
      drawing.changed();
    }, 'draw-add');
    const instead = element('input', { type: 'checkbox', id: 'draw-instead' });
    const use = button('', () => {
      change({ points: { replace: instead.checked, points: drawing.points } });
      drawing.clear();
    }, 'draw-use');
    const back = button('Undo', () => drawing.undo(), 'draw-undo');
    const count = () => {
      const n = drawing.points.length;
      use.textContent = `Train on ${n} drawn point${n === 1 ? '' : 's'}`;
      use.disabled = back.disabled = n === 0;
    };
    drawing.changed = () => {
      count();
      redraw();
    };
    count();
    return element('div', {}, element('div', { className: 'inline' }, ...parts), element('div', { className: 'inline' }, ...fields, put), element('label', {}, instead, ' instead of the samples'), element('div', { className: 'inline' }, use, back));
  }

  function showNetwork() {
    const layers = structuredClone(scene.run.live.settings.model.layers);
    const rows = element('div', { className: 'layers' });
    const apply = () => set(`model.layers=${toml(layers)}`);
    layers.forEach((/** @type {any} */ layer, /** @type {number} */ l) => {
      const last = l === layers.length - 1;
      const units = element('input', { type: 'number', min: 1, max: 1000, step: 1, value: layer.units, className: 'short', id: `units-${l}` });
      units.setAttribute('aria-label', `units of layer ${l + 1}`);
      units.addEventListener('change', () => {
        layer.units = Math.round(Number(units.value));
        apply();
      });
      const plain = typeof layer.activation === 'string';
      const known = plain ? layer.activation : Object.keys(layer.activation)[0];
      const options = ACTIVATIONS.map((name) => [name, name.replace('_', ' ')]);
      if (!ACTIVATIONS.includes(known)) options.push([known]);
      const activation = select(options, known, (name) => {
        layer.activation = name;
        apply();
      }, `activation-${l}`);
      activation.setAttribute('aria-label', `activation of layer ${l + 1}`);
      const remove = button('−', () => {
        layers.splice(l, 1);
        apply();
      });
      remove.setAttribute('aria-label', `remove layer ${l + 1}`);
      remove.disabled = last;
      rows.append(element('div', { className: 'layer' }, units, activation, remove));
    });
    const more = button('Add a layer', () => {
      layers.splice(layers.length - 1, 0, { units: 8, activation: 'tanh' });
      apply();
    }, 'add-layer');
    cards.network.replaceChildren(element('h3', { textContent: 'Network' }), element('p', { className: 'more', textContent: 'Units and activation of each layer, the output last. Another network begins anew; the one before stays as a branch.' }), rows, more);
  }

  function showTraining() {
    const { train, seed } = scene.run.live.settings;
    const { optimizer } = train;
    const memory = optimizer.name === 'sgd' || optimizer.name === 'rmsprop';
    const parts = [
      labelled('loss', select(LOSSES, train.loss, (name) => set(`train.loss=${toml(name)}`), 'loss')),
      labelled('optimiser', select(OPTIMISERS, optimizer.name, (name) => set(`train.optimizer=${toml({ name, lr: name === 'sgd' ? 0.1 : 0.01 })}`), 'optimiser')),
      labelled('learning rate', number(optimizer.lr, (x) => set(`train.optimizer.lr=${toml(x)}`), 'lr')),
      ...(memory ? [labelled('momentum', number(optimizer.momentum ?? 0, (x) => set(`train.optimizer.momentum=${toml(x)}`), 'momentum'))] : []),
      labelled('weight decay', number(optimizer.weight_decay ?? 0, (x) => set(`train.optimizer.weight_decay=${toml(x)}`), 'decay')),
      labelled('batch size', number(train.batch_size, (x) => set(`train.batch_size=${Math.round(x)}`), 'batch')),
      labelled('epochs', number(train.epochs, (x) => set(`train.epochs=${Math.round(x)}`), 'epochs')),
      labelled('seed', number(seed, (x) => set(`seed=${Math.round(x)}`), 'seed')),
    ];
    const text = element('textarea', { id: 'config-text', rows: 12, value: scene.run.config, spellcheck: false });
    text.setAttribute('aria-label', 'the configuration');
    const all = element('details', {}, element('summary', { textContent: 'everything: the configuration' }), text, button('Use this configuration', () => change({ config: { text: text.value } }), 'config-use'));
    cards.training.replaceChildren(element('h3', { textContent: 'Training' }), ...parts, all);
  }

  function showBranches() {
    const { live } = scene.run;
    if (!live.others.some((/** @type {any} */ b) => b.id === compared)) compared = null;
    const list = element('ul', { className: 'branches' });
    list.append(element('li', {}, element('b', { textContent: `Branch ${live.branch}` }), `, in training: ${live.label}`));
    for (const branch of [...live.others].reverse()) {
      const loss = branch.curve.length ? `, loss ${num(branch.curve[branch.curve.length - 1][1], 3)}` : '';
      const beside = button('Compare', () => {
        compared = compared === branch.id ? null : branch.id;
        showBranches();
        compare();
      });
      beside.setAttribute('aria-pressed', String(compared === branch.id));
      beside.setAttribute('aria-label', `compare with branch ${branch.id}`);
      beside.disabled = !branch.weights && !live.large;
      const to = button('Go on', () => change({ switch: { branch: branch.id } }));
      to.setAttribute('aria-label', `go on with branch ${branch.id}`);
      list.append(element('li', {}, element('b', { textContent: `Branch ${branch.id}` }), `: ${branch.label}, epoch ${branch.epoch}${loss} `, beside, ' ', to));
    }
    const said = element('p', { className: 'more', textContent: compared === null ? 'Go back to an epoch and train from there: the way before stays as a branch.' : live.large ? `Thin in the curves: the loss of branch ${compared}.` : `Dotted over input space: the border of branch ${compared}. Thin in the curves: its loss.` });
    cards.branches.replaceChildren(
      element('h3', { textContent: 'Branches and the log' }), list, said,
      element('div', { className: 'inline' }, button('Save as a run', () => say({ save: {} }), 'save'), button('The log of all changes', () => say({ log: {} }), 'save-log')),
      element('p', { className: 'more', textContent: `Runs are saved in ${live.saves}. The log, played again by foldspace play FILE.json, leads to the same bits.` }),
    );
  }

  /** @param {any} frame @param {number | null} looked an older epoch that is looked at */
  function showTransport(frame, looked) {
    if (!transport.childElementCount) {
      const paces = [['2', '2 epochs a second'], ['20', '20 a second'], ['60', '60 a second'], ['0', 'as fast as it trains']];
      if (!paces.some(([rate]) => rate === String(frame.pace))) paces.push([String(frame.pace), `${num(frame.pace, 3)} a second`]);
      const pace = select(paces, String(frame.pace), (x) => say({ pace: { epochs: Number(x) } }), 'pace');
      pace.setAttribute('aria-label', 'speed');
      transport.append(button('One epoch', () => say({ step: {} }), 'step'), button('Start again', () => change({ restart: {} }), 'restart'), button('', () => {}, 'rewind'), pace, element('span', { id: 'standing' }));
    }
    const rewind = transport.children[2];
    rewind.textContent = looked === null ? 'Go back: drag the epoch' : `Go back to epoch ${looked}`;
    rewind.disabled = looked === null;
    rewind.onclick = () => looked !== null && change({ rewind: { epoch: looked } });
    const rate = frame.training && frame.rate > 0 ? `, ${num(frame.rate, 3)} epochs a second` : '';
    transport.children[4].textContent = `${frame.training ? 'training' : frame.done ? 'all epochs are done' : 'standing still'} on ${scene.run.live.backend}${rate}`;
  }

  return {
    root, status, transport, drawBox,
    get compared() {
      return compared === null ? null : scene.run.live.others.find((/** @type {any} */ b) => b.id === compared) ?? null;
    },
    takeFile,
    showTransport,
    /** @param {any} next */
    show: (next) => {
      // What was unfolded, where the keyboard is, and what was typed stay: a refused text is there to be mended.
      const texts = scene?.run.config === next.run.config ? [...root.querySelectorAll('textarea, input[type=text]')] : [];
      const typed = texts.map((/** @type {any} */ field) => [field.id, field.value]);
      scene = next;
      const open = [...root.querySelectorAll('details')].map((d) => d.open);
      const focus = root.contains(document.activeElement) ? document.activeElement?.id : null;
      showData();
      showNetwork();
      showTraining();
      showBranches();
      for (const [id, value] of typed) /** @type {any} */ (root.querySelector(`#${id}`)).value = value;
      root.querySelectorAll('details').forEach((/** @type {any} */ d, /** @type {number} */ k) => (d.open = open[k] ?? false));
      if (focus) root.querySelector(`#${CSS.escape(focus)}`)?.focus();
    },
  };
}
