from .settings import SiteSettings as SiteSettings
from .site import Site as Site
