"""The form of one node: how it is reached, how studies are fetched from it and objects sent to it."""

from __future__ import annotations

from PySide6 import QtCore, QtWidgets

from analysis.network import RETRIEVE_BY, SEND_BY, Node, RetrieveBy, SendBy
from widgets import theme
from widgets.path_row import path_row
from widgets.texts import tr

_LAST_PORT = 65535


class NodeForm(QtWidgets.QWidget):
    """Shows a node and says when the reader changes it."""

    changed = QtCore.Signal()

    def __init__(self, parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__(parent)
        self._setting = False
        self.name = self._line(tr("Name"), tr("what it is called here"))
        self.ae_title = self._line(tr("AE title"), tr("its name on the DICOM network"))
        self.host = self._line(tr("Host"), tr("name or address"))
        self.port = QtWidgets.QSpinBox()
        self.port.setRange(1, _LAST_PORT)
        self.port.setAccessibleName(tr("Port"))
        self.port.valueChanged.connect(lambda _: self._tell())
        self.tls = self._check(tr("Use TLS with this workstation's certificate"))
        self.web_url = self._line(tr("DICOMweb address"), tr("https://… ; empty where it has none"))
        self.web_user = self._line(tr("DICOMweb user"), tr("empty where none is needed"))
        self.web_password_file = self._line(
            tr("DICOMweb password file"), tr("a file that only you can read; the password itself is never kept here")
        )
        self.retrieve_by = self._choice(tr("Fetch by"), RETRIEVE_BY)
        self.send_by = self._choice(tr("Send by"), SEND_BY)
        self.commitment = self._check(tr("Ask it to confirm that what was sent is stored safely"))
        self.may_send = self._check(tr("May send to this workstation"))
        self._build()

    def _build(self) -> None:
        form = QtWidgets.QFormLayout(self)
        form.setContentsMargins(0, 0, 0, 0)
        form.setFieldGrowthPolicy(QtWidgets.QFormLayout.FieldGrowthPolicy.ExpandingFieldsGrow)
        rows: tuple[tuple[str, QtWidgets.QWidget], ...] = (
            (tr("&Name"), self.name),
            (tr("&AE title"), self.ae_title),
            (tr("&Host"), self.host),
            (tr("&Port"), self.port),
            ("", self.tls),
            (tr("&DICOMweb"), self.web_url),
            (tr("&User"), self.web_user),
            (tr("Pass&word file"), path_row(self.web_password_file, self._choose_password_file)),
            (tr("&Fetch by"), self.retrieve_by),
            (tr("&Send by"), self.send_by),
            ("", self.commitment),
            ("", self.may_send),
        )
        for text, widget in rows:
            label = QtWidgets.QLabel(text)
            label.setBuddy(widget)
            theme.mark(label, "dim")
            form.addRow(label, widget)

    def _line(self, name: str, hint: str) -> QtWidgets.QLineEdit:
        edit = QtWidgets.QLineEdit()
        edit.setMaxLength(500)
        edit.setAccessibleName(name)
        edit.setPlaceholderText(hint)
        edit.textChanged.connect(lambda _: self._tell())
        return edit

    def _check(self, text: str) -> QtWidgets.QCheckBox:
        box = QtWidgets.QCheckBox(text)
        box.toggled.connect(lambda _: self._tell())
        return box

    def _choice(self, name: str, choices: tuple[str, ...]) -> QtWidgets.QComboBox:
        box = QtWidgets.QComboBox()
        box.addItems(list(choices))
        box.setAccessibleName(name)
        box.currentTextChanged.connect(lambda _: self._tell())
        return box

    def _choose_password_file(self) -> None:
        path, _ = QtWidgets.QFileDialog.getOpenFileName(self, tr("Password file"), self.web_password_file.text())
        if path:
            self.web_password_file.setText(path)

    def _tell(self) -> None:
        if not self._setting:
            self.changed.emit()

    def set_node(self, node: Node) -> None:
        """Show another node; nothing is said about that."""
        self._setting = True
        self.name.setText(node.name)
        self.ae_title.setText(node.ae_title)
        self.host.setText(node.host)
        self.port.setValue(node.port)
        self.tls.setChecked(node.tls)
        self.web_url.setText(node.web_url)
        self.web_user.setText(node.web_user)
        self.web_password_file.setText(node.web_password_file)
        self.retrieve_by.setCurrentText(node.retrieve_by)
        self.send_by.setCurrentText(node.send_by)
        self.commitment.setChecked(node.commitment)
        self.may_send.setChecked(node.may_send)
        self._setting = False

    def node(self) -> Node:
        """Return the node as it stands in the form, whether usable or not."""
        retrieve_by: RetrieveBy = RETRIEVE_BY[self.retrieve_by.currentIndex()]
        send_by: SendBy = SEND_BY[self.send_by.currentIndex()]
        return Node(
            name=self.name.text().strip(),
            ae_title=self.ae_title.text().strip(),
            host=self.host.text().strip(),
            port=self.port.value(),
            tls=self.tls.isChecked(),
            web_url=self.web_url.text().strip(),
            web_user=self.web_user.text().strip(),
            web_password_file=self.web_password_file.text().strip(),
            retrieve_by=retrieve_by,
            send_by=send_by,
            commitment=self.commitment.isChecked(),
            may_send=self.may_send.isChecked(),
        )
