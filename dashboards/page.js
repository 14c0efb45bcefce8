/* What the page does by itself in the browser: popups, legends, a lost connection, paper, pictures. */
(() => {
  document.addEventListener('visibilitychange', () => emitEvent('in_sight', !document.hidden));
  window.addEventListener('popstate', () => location.reload());

  /* Popups: one at a time; Escape and a click outside close them. */
  const open = () => [...document.querySelectorAll('details.popup[open]')];
  const close = (except) => open().forEach((one) => { if (one !== except) one.open = false; });
  document.addEventListener('toggle', (event) => {
    if (event.target.matches?.('details.popup') && event.target.open) close(event.target);
  }, true);
  document.addEventListener('click', (event) => close(event.target.closest?.('details.popup')));
  document.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape') return;
    const [first] = open();
    close();
    first?.querySelector('summary').focus();
  });

  /* A legend's button leaves its series out, and puts it back. */
  const chartOf = (inside) => {
    const shown = inside.closest('.card')?.querySelector('.chart');
    return shown && getElement(Number(shown.id.slice(1)))?.chart;
  };
  document.addEventListener('click', (event) => {
    const button = event.target.closest?.('.legend button');
    if (!button) return;
    const pressed = button.getAttribute('aria-pressed') === 'true';
    const type = pressed ? 'legendUnSelect' : 'legendSelect';
    chartOf(button)?.dispatchAction({ type, name: button.dataset.series });
    button.setAttribute('aria-pressed', String(!pressed));
  });

  /* A lost connection is said, with the time since when. */
  const lost = (since) => {
    document.body.classList.toggle('is-lost', Boolean(since));
    const said = document.querySelector('.lost');
    if (said) said.textContent = since
      ? `The connection to the page was lost at ${since}. Shown is what came before; it connects again by itself.`
      : '';
  };
  const watch = () => {
    if (!window.socket) { setTimeout(watch, 100); return; }
    window.socket.on('disconnect', () => lost(new Date().toLocaleTimeString('en-GB')));
    window.socket.on('connect', () => lost(''));
  };
  watch();

  /* Paper: the moment of printing, no popup, and charts that take the paper's width. */
  const charts = () => [...document.querySelectorAll('.chart')]
    .map((shown) => [shown, getElement(Number(shown.id.slice(1)))?.chart]).filter(([, chart]) => chart);
  /* Drawn for A4 upright, between its margins and a card's; another paper takes it larger or smaller. */
  const PAPER = 664;
  const tellWhen = () => document.querySelectorAll('.printed time').forEach((one) => {
    one.textContent = new Date().toLocaleString('en-GB',
      { timeZone: one.dataset.zone, dateStyle: 'long', timeStyle: 'short' }) + ` (${one.dataset.zone})`;
  });
  const isSheet = () => document.body.classList.contains('sheet');
  window.addEventListener('beforeprint', () => {
    if (isSheet()) return;
    close();
    charts().forEach(([shown, chart]) => {
      const height = shown.clientHeight || chart.getHeight();
      chart.resize({ width: PAPER, height });
      chart.getZr().refreshImmediately();
      shown.querySelector('svg')?.setAttribute('viewBox', `0 0 ${PAPER} ${height}`);
    });
    tellWhen();
  });

  /* A sheet: as on a screen, on one page; who prints it asks for it at each width (headwater/sheets.py). */
  window.addEventListener('sheet', () => {
    close();
    document.body.classList.add('sheet');
    tellWhen();
    charts().forEach(([, chart]) => {
      chart.resize({ width: 'auto', height: 'auto', animation: { duration: 0 } });
      chart.getZr().refreshImmediately();
    });
  });

  window.addEventListener('afterprint', () => charts().forEach(([shown, chart]) => {
    shown.querySelector('svg')?.removeAttribute('viewBox');
    chart.resize({ width: 'auto', height: 'auto' });
  }));

  /* The picture of a panel: its nodes with the styles that they have, drawn by the browser. */
  const styled = (node) => {
    const copy = node.cloneNode(false);
    if (node.nodeType === Node.ELEMENT_NODE) {
      const style = getComputedStyle(node);
      /* The page's own font is not there in a picture: words may be wider, and do not wrap for it. */
      const whole = node.closest('.heading, .legend li') ? ';white-space:nowrap' : '';
      copy.setAttribute('style', [...style].map((name) => `${name}:${style.getPropertyValue(name)}`).join(';') + whole);
    }
    node.childNodes.forEach((child) => {
      if (!child.matches?.('.tools, .help, details, .note, .tooltip, script')) copy.append(styled(child));
    });
    return copy;
  };
  const picture = async (card) => {
    const { width, height } = card.getBoundingClientRect();
    const copy = styled(card);
    copy.style.margin = '0';
    copy.setAttribute('xmlns', 'http://www.w3.org/1999/xhtml');
    const inside = new XMLSerializer().serializeToString(copy);
    const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">` +
      `<foreignObject width="100%" height="100%">${inside}</foreignObject></svg>`;
    const image = new Image();
    image.src = 'data:image/svg+xml;charset=utf-8,' + encodeURIComponent(svg);
    await image.decode();
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [width * 2, height * 2];
    const drawn = canvas.getContext('2d');
    drawn.scale(2, 2);
    drawn.fillStyle = getComputedStyle(document.body).backgroundColor;
    drawn.fillRect(0, 0, width, height);
    drawn.drawImage(image, 0, 0);
    return new Promise((done) => canvas.toBlob(done, 'image/png'));
  };
  document.addEventListener('click', async (event) => {
    const button = event.target.closest?.('.tools .png');
    if (!button) return;
    const card = button.closest('.card');
    const link = document.createElement('a');
    link.href = URL.createObjectURL(await picture(card));
    link.download = `headwater-${card.dataset.panel}.png`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  });
})();
