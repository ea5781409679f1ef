"""The structure of a document's text, written into its PDF (ISO 32000-2, 14.7): tree, and page pieces' parents."""

from __future__ import annotations

from typing import Any

from app.report.structure import Element, Mark


def add_structure(document: Any, root: Element) -> None:
    """Tag an open pikepdf document with the tree that was noted while its pages were drawn."""
    import pikepdf

    _Writer(document).write(root)
    document.Root.MarkInfo = pikepdf.Dictionary(Marked=True)


class _Writer:
    """Writes one tree; every element is an object of its own, since pages refer to it."""

    def __init__(self, document: Any) -> None:
        self._document = document
        self._pages = [page.obj for page in document.pages]
        self._parents: list[list[Any]] = [[] for _ in self._pages]

    def write(self, root: Element) -> None:
        """Write the tree and, for each page, which element each of its marked pieces belongs to."""
        import pikepdf

        make = self._document.make_indirect
        tree = make(pikepdf.Dictionary(Type=pikepdf.Name.StructTreeRoot))
        tree.K = self._element(root, tree)
        numbers = pikepdf.Array()
        for index, (page, parents) in enumerate(zip(self._pages, self._parents, strict=True)):
            page.StructParents = index
            page.Tabs = pikepdf.Name.S
            numbers.append(index)
            numbers.append(make(pikepdf.Array(parents)))
        tree.ParentTree = make(pikepdf.Dictionary(Nums=numbers))
        tree.ParentTreeNextKey = len(self._pages)
        self._document.Root.StructTreeRoot = tree

    def _element(self, element: Element, parent: Any) -> Any:
        import pikepdf

        node = self._document.make_indirect(pikepdf.Dictionary(S=pikepdf.Name(f"/{element.kind}"), P=parent))
        if element.alternative:
            node.Alt = pikepdf.String(element.alternative)
        if element.kind == "TH":
            node.A = pikepdf.Dictionary(O=pikepdf.Name.Table, Scope=pikepdf.Name.Column)
        marks = [kid for kid in element.kids if isinstance(kid, Mark)]
        if marks:
            node.Pg = self._pages[marks[0].page]
        kids = [
            self._element(kid, node) if isinstance(kid, Element) else self._piece(kid, node, marks[0].page)
            for kid in element.kids
        ]
        if kids:
            node.K = kids[0] if len(kids) == 1 else pikepdf.Array(kids)
        return node

    def _piece(self, mark: Mark, node: Any, page: int) -> Any:
        """Refer to a piece of a page, and note whose it is; pieces are numbered in the order of drawing."""
        import pikepdf

        parents = self._parents[mark.page]
        parents.extend([None] * (mark.number + 1 - len(parents)))
        parents[mark.number] = node
        if mark.page == page:
            return mark.number
        return pikepdf.Dictionary(Type=pikepdf.Name.MCR, Pg=self._pages[mark.page], MCID=mark.number)
