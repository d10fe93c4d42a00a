"use strict";
// Filters the list. Without it the page shows everything, and namespaces are folded and unfolded all the same.
(() => {
	const form = document.querySelector("form.filter");
	const query = document.getElementById("q");
	const boxes = [...form.querySelectorAll("input[type=checkbox]")];
	const found = document.getElementById("found");
	const causeOff = document.getElementById("cause-off");
	const fewest = 200; // as many hits are unfolded
	let cause = "";
	let index; // made when something is looked for: reading ten thousand rows takes a moment

	for (const part of document.querySelectorAll(".js")) part.hidden = false;

	const read = () => [...document.querySelectorAll("details.ns")].map(ns => ({
		ns, wasOpen: ns.open, hits: ns.querySelector("summary .hits"),
		chunks: [...ns.querySelectorAll("table")].map(table => {
			const fold = table.closest("details");
			return {
				block: fold === ns ? table.parentElement : fold, fold: fold === ns ? null : fold,
				hits: fold === ns ? null : fold.querySelector("summary .hits"),
				rows: [...table.tBodies[0].rows].map(row => ({
					row, state: row.dataset.s, cause: row.dataset.c || "",
					text: (ns.querySelector("h3").textContent + " " + row.textContent).toLowerCase(),
				})),
			};
		}),
	}));

	const filter = () => {
		index ||= read();
		const words = query.value.toLowerCase().split(/\s+/).filter(Boolean);
		const states = new Set(boxes.filter(box => box.checked).map(box => box.value));
		const everything = !words.length && !cause && states.size === boxes.length;
		const fits = r => states.has(r.state) && (!cause || r.cause === cause) && words.every(word => r.text.includes(word));
		let all = 0, hits = 0;
		for (const of of index) {
			of.n = 0;
			for (const chunk of of.chunks) {
				chunk.n = 0;
				for (const r of chunk.rows) {
					const hit = everything || fits(r);
					if (r.row.hidden === hit) r.row.hidden = !hit;
					chunk.n += hit;
				}
				all += chunk.rows.length;
				of.n += chunk.n;
			}
			hits += of.n;
		}
		const tell = (part, n) => { if (part) part.textContent = everything ? "" : n === 1 ? "1 hit" : n + " hits"; };
		for (const of of index) {
			of.ns.hidden = !of.n;
			tell(of.hits, of.n);
			of.ns.open = everything ? of.wasOpen : hits <= fewest || of.ns.open;
			for (const chunk of of.chunks) {
				chunk.block.hidden = !chunk.n;
				tell(chunk.hits, chunk.n);
				if (chunk.fold) chunk.fold.open = !everything && (hits <= fewest || chunk.fold.open);
			}
		}
		causeOff.hidden = !cause;
		found.textContent = everything ? "" : hits.toLocaleString("en") + " of " + all.toLocaleString("en") + " ExternalSecrets" + (cause ? " that have cause " + cause : "");
	};

	let waiting;
	query.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(filter, 120); });
	form.addEventListener("submit", event => { event.preventDefault(); filter(); });
	form.addEventListener("change", event => { if (event.target !== query) filter(); });
	causeOff.addEventListener("click", () => { cause = ""; filter(); query.focus(); });
	document.addEventListener("click", event => {
		const link = event.target.closest("a[data-state], a[data-cause]");
		if (!link) return;
		event.preventDefault();
		query.value = "";
		cause = link.dataset.cause || "";
		for (const box of boxes) box.checked = !link.dataset.state || box.value === link.dataset.state;
		filter();
		document.getElementById("list").scrollIntoView();
		query.focus({preventScroll: true});
	});
})();
