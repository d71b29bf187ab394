// What a notebook on the page shows that no reader should meet, each a list.
async () => {
  const panel = document.querySelector(".jp-NotebookPanel:not(.lm-mod-hidden)");
  const right = (element) => element.getBoundingClientRect().right;
  const edge = right(panel.querySelector(".jp-WindowedPanel-outer")) + 1;
  const shown = (element) => element.outerHTML.slice(0, 120);
  const images = [...panel.querySelectorAll(".jp-Cell img")];
  for (const image of images) await image.decode().catch(() => null);
  const whole = images.filter((image) => image.naturalWidth);
  const nowhere = [];
  for (const link of panel.querySelectorAll(".jp-Cell a[href]")) {
    const target = link.getAttribute("href");
    if (target.startsWith("#")) {
      const id = CSS.escape(decodeURIComponent(target.slice(1)));
      if (!panel.querySelector(`[data-jupyter-id="${id}"]`)) nowhere.push(target);
    } else if (link.href.startsWith(location.origin)) {
      const answer = await fetch(link.href, { method: "HEAD" });
      if (!answer.ok) nowhere.push(target);
    }
  }
  const parts = ".jp-OutputArea-output > *, .jp-RenderedMarkdown > *";
  return {
    broken: images.filter((image) => !image.naturalWidth).map(shown),
    wide: [...panel.querySelectorAll(parts)].filter((part) => right(part) > edge).map(shown),
    shrunk: whole
      .map((image) => image.clientWidth / image.naturalWidth)
      .filter((scale) => scale < SCALE),
    nowhere,
  };
};
