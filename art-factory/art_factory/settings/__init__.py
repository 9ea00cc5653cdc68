"""Settings, one module per concern."""

from art_factory.settings.base import *
from art_factory.settings.database import *
from art_factory.settings.logs import *
from art_factory.settings.production import *
