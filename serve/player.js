/* The page's player: a body that can be turned plays in step with its video. Nothing is fetched. */
(() => {
  "use strict";

  const LIMBS = [
    ["hip", "knee", 0.075], ["knee", "ankle", 0.055], ["ankle", "foot", 0.042],
    ["shoulder", "elbow", 0.052], ["elbow", "wrist", 0.04],
  ];
  const FOLLOW_S = 0.4, EYE_M = 6, STEP_S = 1 / 30;

  const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const clamp = (x, low, high) => Math.min(Math.max(x, low), high);

  function element(kind, attributes = {}, ...children) {
    const made = document.createElement(kind);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    made.append(...children);
    return made;
  }

  /* Joints over time, metres, y up. */
  class Course {
    constructor(told) {
      this.fps = told.fps;
      this.index = Object.fromEntries(told.joints.map((name, place) => [name, place]));
      this.count = told.joints.length;
      this.places = new Int16Array(bytes(told.places).buffer);
      this.seen = bytes(told.seen);
      this.frames = this.seen.length / this.count;
      this.focus = this.followed();
    }

    get duration() { return this.frames / this.fps; }

    at(frame, joint) {
      const start = (frame * this.count + this.index[joint]) * 3;
      return [0, 1, 2].map((axis) => this.places[start + axis] / 1000);
    }

    isSeen(frame, joint) { return this.seen[frame * this.count + this.index[joint]] > 0; }

    /* The body's place, smooth, so that the eye follows as a hand-held camera would. */
    followed() {
      const keep = Math.exp(-1 / (FOLLOW_S * this.fps));
      const path = Array.from({ length: this.frames }, (_, frame) => this.at(frame, "pelvis"));
      for (let i = 1; i < path.length; i++)
        for (const axis of [0, 2]) path[i][axis] = keep * path[i - 1][axis] + (1 - keep) * path[i][axis];
      for (let i = path.length - 2; i >= 0; i--)
        for (const axis of [0, 2]) path[i][axis] = keep * path[i + 1][axis] + (1 - keep) * path[i][axis];
      return path;
    }
  }

  class Stage {
    constructor(section) {
      this.section = section;
      this.place = section.dataset.stage;
      const told = JSON.parse(section.dataset.motion);
      delete section.dataset.motion; // large, and of no more use
      this.course = new Course(told);
      this.colours = { left: told.left, right: told.right };
      this.front = told.heading;
      this.turn = this.front + 0.6;
      this.rise = 0.22;
      this.zoom = 1;
      this.time = 0;
      this.playing = false;
      this.build();
      this.show(0);
    }

    build() {
      const name = this.section.dataset.name;
      this.canvas = element("canvas", {
        tabindex: "0", role: "img",
        "aria-label": `${name}: the body in three dimensions. Arrow keys turn it, plus and minus `
          + "bring it nearer, space plays.",
      });
      const picture = element("div", { class: "llamo-picture" });
      if (this.section.dataset.video) {
        this.video = element("video", {
          src: this.section.dataset.video, playsinline: "", preload: "auto", tabindex: "-1",
          "aria-label": `Video ${name}`,
        });
        this.video.muted = true;
        this.video.addEventListener("error", () => this.noVideo());
        this.video.addEventListener("seeked", () => this.draw());
        picture.append(this.video);
      }
      picture.append(this.canvas);
      this.button = element("button", { type: "button", class: "llamo-play", "aria-label": "Play" }, "▶");
      this.button.addEventListener("click", () => this.toggle());
      this.slider = element("input", {
        type: "range", min: "0", max: String(this.course.duration), step: "0.01", value: "0",
        "aria-label": "Time",
      });
      this.slider.addEventListener("input", () => { this.pause(); this.show(Number(this.slider.value)); });
      this.clock = element("output", { class: "llamo-clock" });
      this.speed = element("select", { "aria-label": "Speed" });
      for (const speed of ["0.25", "0.5", "1", "2"])
        this.speed.append(element("option", { value: speed }, `${speed}×`));
      this.speed.value = "1";
      this.speed.addEventListener("change", () => this.setSpeed());
      const views = element("div", { class: "llamo-views", role: "group", "aria-label": "Seen from" });
      for (const [label, turn, rise] of [["Front", 0, 0.1], ["Left", Math.PI / 2, 0.1],
        ["Right", -Math.PI / 2, 0.1], ["Top", 0, 1.45]]) {
        const view = element("button", { type: "button" }, label);
        view.addEventListener("click", () => {
          this.turn = this.front + turn;
          this.rise = rise;
          this.draw();
        });
        views.append(view);
      }
      const bar = element("div", { class: "llamo-bar" }, this.button, this.slider, this.clock, this.speed);
      const notes = this.section.querySelector(".llamo-notes");
      const legend = element("div", { class: "llamo-legend" },
        element("span", { class: "left" }, "the person’s left"),
        element("span", { class: "right" }, "right"), views);
      this.section.querySelector("header").after(picture, bar, legend);
      if (notes) this.section.append(notes);
      this.listen();
      new ResizeObserver(() => this.draw()).observe(this.canvas);
    }

    listen() {
      const canvas = this.canvas, fingers = new Map();
      canvas.addEventListener("pointerdown", (event) => {
        canvas.setPointerCapture(event.pointerId);
        fingers.set(event.pointerId, event);
      });
      canvas.addEventListener("pointermove", (event) => {
        const before = fingers.get(event.pointerId);
        if (!before) return;
        if (fingers.size === 1) {
          this.turn -= (event.clientX - before.clientX) * 0.01;
          this.rise = clamp(this.rise + (event.clientY - before.clientY) * 0.008, -0.1, 1.5);
        } else {
          const other = [...fingers.values()].find((one) => one.pointerId !== event.pointerId);
          const far = (one) => Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY);
          this.nearer(far(event) / Math.max(far(before), 1));
        }
        fingers.set(event.pointerId, event);
        this.draw();
      });
      for (const end of ["pointerup", "pointercancel"])
        canvas.addEventListener(end, (event) => fingers.delete(event.pointerId));
      canvas.addEventListener("wheel", (event) => {
        if (!event.ctrlKey) return; // the page scrolls
        event.preventDefault();
        this.nearer(Math.exp(-event.deltaY / 300));
      }, { passive: false });
      canvas.addEventListener("dblclick", () => {
        [this.turn, this.rise, this.zoom] = [this.front + 0.6, 0.22, 1];
        this.draw();
      });
      this.section.addEventListener("keydown", (event) => this.key(event));
    }

    key(event) {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const turning = event.target === this.canvas;
      const keys = {
        ",": () => this.step(-1), ".": () => this.step(1),
        Home: () => this.show(0), End: () => this.show(this.course.duration),
      };
      if (turning) Object.assign(keys, {
        " ": () => this.toggle(),
        ArrowLeft: () => { this.turn -= 0.15; }, ArrowRight: () => { this.turn += 0.15; },
        ArrowUp: () => { this.rise = Math.min(this.rise + 0.1, 1.5); },
        ArrowDown: () => { this.rise = Math.max(this.rise - 0.1, -0.1); },
        "+": () => this.nearer(1.15), "-": () => this.nearer(1 / 1.15),
      });
      if (!keys[event.key] || (event.target.matches("input, select") && !",.".includes(event.key))) return;
      event.preventDefault();
      keys[event.key]();
      this.draw();
    }

    nearer(times) { this.zoom = clamp(this.zoom * times, 0.4, 4); this.draw(); }

    step(way) { this.pause(); this.show(this.time + way * STEP_S); }

    noVideo() {
      this.video.remove();
      this.video = null;
      this.section.append(element("p", { class: "llamo-sure", role: "status" },
        "This browser does not play the video; its motion is shown."));
    }

    setSpeed() { if (this.video) this.video.playbackRate = Number(this.speed.value); }

    toggle() { if (this.playing) this.pause(); else this.play(); }

    play() {
      if (this.time >= this.course.duration - 0.05) this.show(0);
      this.playing = true;
      this.marked();
      this.setSpeed();
      if (this.video) this.video.play().catch(() => {});
      let before = performance.now();
      const tick = (now) => {
        if (!this.playing || !this.section.isConnected) return;
        this.time += ((now - before) / 1000) * Number(this.speed.value);
        before = now;
        const video = this.video; // its clock leads where it runs
        if (video && !video.paused && video.readyState >= 2) this.time = video.currentTime;
        if (this.time >= this.course.duration || (video && video.ended)) {
          this.time = this.course.duration;
          this.pause();
        }
        this.draw();
        requestAnimationFrame(tick);
      };
      requestAnimationFrame(tick);
    }

    pause() {
      this.playing = false;
      if (this.video) this.video.pause();
      this.marked();
    }

    marked() {
      this.button.textContent = this.playing ? "❚❚" : "▶";
      this.button.setAttribute("aria-label", this.playing ? "Pause" : "Play");
    }

    /* Go to a time: the video, the body, and every line that follows this player. */
    show(time) {
      this.time = clamp(time, 0, this.course.duration);
      if (this.video) this.video.currentTime = this.time;
      this.draw();
    }

    draw() {
      const told = `${this.time.toFixed(2)} s`;
      this.section.dataset.time = this.time.toFixed(3);
      this.slider.value = String(this.time);
      this.slider.setAttribute("aria-valuetext", `${told} of ${this.course.duration.toFixed(1)}`);
      this.clock.textContent = `${told} / ${this.course.duration.toFixed(1)} s`;
      this.drawBody();
      for (const line of document.querySelectorAll(`[data-line="${this.place}"]`)) moveLine(line, this.time);
    }

    drawBody() {
      const canvas = this.canvas, ratio = window.devicePixelRatio || 1;
      const wide = Math.round(canvas.clientWidth * ratio), high = Math.round(canvas.clientHeight * ratio);
      if (!wide || !high) return;
      if (canvas.width !== wide || canvas.height !== high) Object.assign(canvas, { width: wide, height: high });
      const pen = canvas.getContext("2d");
      pen.clearRect(0, 0, wide, high);
      pen.lineCap = pen.lineJoin = "round";
      const frame = clamp(Math.round(this.time * this.course.fps), 0, this.course.frames - 1);
      const see = this.eye(frame, wide, high);
      const style = getComputedStyle(this.section);
      this.floor(pen, see, style.getPropertyValue("--llamo-floor"), frame);
      const solids = this.solids(frame);
      pen.strokeStyle = style.getPropertyValue("--llamo-shadow");
      for (const { ends, radius } of solids) {
        const flat = ends.map(([x, , z]) => see([x, 0, z]));
        pen.lineWidth = 1.5 * radius * flat[0].scale;
        stroke(pen, flat);
      }
      for (const one of solids) one.seen = one.ends.map(see);
      solids.sort((a, b) => near(a.seen) - near(b.seen));
      for (const { seen, radius, colour } of solids)
        for (const [grown, paint] of [[0.014, style.getPropertyValue("--llamo-paper")], [0, colour]]) {
          pen.strokeStyle = paint;
          pen.lineWidth = 2 * (radius + grown) * seen[0].scale;
          stroke(pen, seen);
        }
    }

    /* (x, y, z) metres -> pixels, nearness, pixels a metre. */
    eye(frame, wide, high) {
      const [fx, , fz] = this.course.focus[frame];
      const [st, ct, sr, cr] = [Math.sin(this.turn), Math.cos(this.turn), Math.sin(this.rise), Math.cos(this.rise)];
      const base = Math.min(wide / 2.3, high / 2.25) * this.zoom;
      return ([x, y, z]) => {
        const [dx, dy, dz] = [x - fx, y - 0.9, z - fz];
        const right = ct * dx - st * dz, ahead = st * dx + ct * dz;
        const nearness = ahead * cr + dy * sr, up = dy * cr - ahead * sr;
        const scale = base * (EYE_M / Math.max(EYE_M - nearness, 1));
        return { x: wide / 2 + right * scale, y: high / 2 - up * scale, near: nearness, scale };
      };
    }

    floor(pen, see, colour, frame) {
      const [fx, , fz] = this.course.focus[frame], reach = 1.75, tile = 0.5;
      pen.strokeStyle = colour;
      pen.lineWidth = window.devicePixelRatio || 1;
      for (let i = -4; i <= 4; i++) {
        for (const along of [0, 1]) {
          const line = (Math.round((along ? fz : fx) / tile) + i) * tile;
          const off = line - (along ? fz : fx);
          if (Math.abs(off) > reach) continue;
          const half = Math.sqrt(reach * reach - off * off);
          const ends = along ? [[fx - half, 0, line], [fx + half, 0, line]] : [[line, 0, fz - half], [line, 0, fz + half]];
          stroke(pen, ends.map(see));
        }
      }
    }

    solids(frame) {
      const at = (joint) => this.course.at(frame, joint), found = [];
      const colour = (side, ...joints) => {
        if (!joints.every((joint) => this.course.isSeen(frame, joint))) return "rgba(150,155,165,.35)";
        return this.colours[side] || "rgb(148,154,166)";
      };
      for (const side of ["left", "right"])
        for (const [a, b, radius] of LIMBS) {
          const [from, to] = [`${side}_${a}`, `${side}_${b}`];
          found.push({ ends: [at(from), at(to)], radius, colour: colour(side, from, to) });
        }
      const grey = colour("", "pelvis", "neck");
      const mid = (a, b) => at(a).map((x, axis) => (x + at(b)[axis]) / 2);
      for (const side of ["left", "right"])
        found.push({ ends: [at(`${side}_hip`), at(`${side}_shoulder`)], radius: 0.075, colour: grey });
      found.push({ ends: [mid("left_hip", "right_hip"), at("neck")], radius: 0.09, colour: grey });
      found.push({ ends: [at("left_shoulder"), at("right_shoulder")], radius: 0.06, colour: grey });
      found.push({ ends: [at("left_hip"), at("right_hip")], radius: 0.07, colour: grey });
      const neck = at("neck"), head = at("head");
      const long = Math.hypot(...head.map((x, axis) => x - neck[axis])) || 1;
      const up = head.map((x, axis) => (x - neck[axis]) / long);
      const across = at("left_shoulder").map((x, axis) => x - at("right_shoulder")[axis]);
      const ahead = [across[1] * up[2] - across[2] * up[1], across[2] * up[0] - across[0] * up[2],
        across[0] * up[1] - across[1] * up[0]];
      const size = Math.hypot(...ahead) || 1;
      const crown = neck.map((x, axis) => x + 0.19 * up[axis]);
      const nose = crown.map((x, axis) => x + (0.105 * ahead[axis]) / size - 0.01 * up[axis]);
      found.push({ ends: [neck, crown], radius: 0.05, colour: grey });
      found.push({ ends: [crown, crown], radius: 0.11, colour: colour("", "head") });
      found.push({ ends: [nose, nose], radius: 0.024, colour: "rgb(84,90,104)" });
      return found;
    }
  }

  const near = (seen) => (seen[0].near + seen[1].near) / 2;

  function stroke(pen, [a, b]) {
    pen.beginPath();
    pen.moveTo(a.x, a.y);
    pen.lineTo(b.x + 0.01, b.y);
    pen.stroke();
  }

  /* A drawing over time: a line where the player is. */
  function moveLine(line, time) {
    const share = clamp(time / Number(line.dataset.seconds), 0, 1);
    const left = Number(line.dataset.left || 0), right = Number(line.dataset.right || 0);
    const now = line.querySelector("line.now");
    if (now) {
      const x = line.querySelector("svg").viewBox.baseVal.width * (left + share * (1 - left - right));
      now.setAttribute("x1", x);
      now.setAttribute("x2", x);
    } else line.style.setProperty("--llamo-now", `${100 * share}%`);
  }

  const stages = new Map();

  function wake() {
    for (const section of document.querySelectorAll(".llamo-stage:not([data-awake])")) {
      section.dataset.awake = "";
      stages.set(section.dataset.stage, new Stage(section));
    }
    for (const line of document.querySelectorAll("[data-line]:not([data-awake])")) {
      line.dataset.awake = "";
      const stage = stages.get(line.dataset.line);
      if (stage) moveLine(line, stage.time);
    }
  }

  /* "main:2.400" or "a:1.000 b:1.300". */
  function seek(wanted) {
    for (const one of wanted.split(" ")) {
      const [place, time] = one.split(":"), stage = stages.get(place);
      if (!stage || !stage.section.isConnected) continue;
      stage.pause();
      stage.show(Number(time));
      const box = stage.section.getBoundingClientRect();
      if (box.bottom < 80 || box.top > window.innerHeight - 80)
        stage.section.scrollIntoView({ block: "nearest", behavior: "smooth" });
    }
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-seek]");
    if (button) return seek(button.dataset.seek);
    const both = event.target.closest("[data-both]");
    if (both) {
      const pair = ["a", "b"].map((place) => stages.get(place)).filter(Boolean);
      const playing = pair.some((stage) => stage.playing);
      for (const stage of pair) { if (playing) stage.pause(); else { stage.show(0); stage.play(); } }
      return undefined;
    }
    const line = event.target.closest("[data-line]");
    if (!line) return undefined;
    const box = line.querySelector("svg").getBoundingClientRect();
    const left = Number(line.dataset.left || 0), right = Number(line.dataset.right || 0);
    const share = ((event.clientX - box.left) / box.width - left) / (1 - left - right);
    if (share < -0.02 || share > 1.02) return undefined;
    return seek(`${line.dataset.line}:${clamp(share, 0, 1) * Number(line.dataset.seconds)}`);
  });

  new MutationObserver(wake).observe(document.documentElement, { childList: true, subtree: true });
  wake();
})();
