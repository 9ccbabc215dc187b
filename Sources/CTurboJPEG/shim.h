// libjpeg-turbo's TurboJPEG interface for Swift.
#pragma once
#include <turbojpeg.h>
