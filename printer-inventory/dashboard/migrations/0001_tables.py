import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from printer_inventory.folded import FirstTables


class Migration(FirstTables):

    replaces = [('dashboard', '0001_first')]

    dependencies = [
        ('contracts', '0001_catalogue'),
        ('inventory', '0001_tables'),
        ('outbox', '0001_tables'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='DashboardAccess',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
            ],
            options={
                'permissions': [('access_dashboard_app', 'Can open the dashboard'), ('manage_alerts', 'Can change alert rules, webhooks and scheduled mails')],
                'managed': False,
                'default_permissions': (),
                'indexes': [],
                'constraints': [],
            },
        ),
        migrations.CreateModel(
            name='AlertRule',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=100, unique=True, verbose_name='name')),
                ('kind', models.CharField(choices=[('silent', 'printer silent for hours'), ('low', 'supply below per cent'), ('days', 'supply empty within days'), ('jump', 'counters jumped or went back'), ('jam', 'paper jam reported'), ('standstill', 'nothing is being read')], max_length=10, verbose_name='when')),
                ('threshold', models.PositiveIntegerField(default=24, help_text='Hours for silence, per cent for a level, days for a forecast; of no meaning for the others.', validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(9000)], verbose_name='threshold')),
                ('organization', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='inventory.organization', verbose_name='organization')),
                ('city', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='contracts.city', verbose_name='city')),
                ('recipients', models.TextField(blank=True, default='', verbose_name='e-mail to')),
                ('tell_recovery', models.BooleanField(default=True, verbose_name='also tell when it is over')),
                ('is_active', models.BooleanField(default=True, verbose_name='in use')),
                ('created_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='added')),
                ('looked_at', models.DateTimeField(blank=True, null=True, verbose_name='looked at')),
                ('webhooks', models.ManyToManyField(blank=True, related_name='rules', to='outbox.webhook', verbose_name='webhooks')),
            ],
            options={
                'verbose_name': 'alert rule',
                'verbose_name_plural': 'alert rules',
                'ordering': ['name'],
                'indexes': [],
                'constraints': [],
            },
        ),
        migrations.CreateModel(
            name='Alarm',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('rule', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='alarms', to='dashboard.alertrule', verbose_name='rule')),
                ('printer', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='alarms', to='inventory.printer', verbose_name='printer')),
                ('key', models.CharField(max_length=150)),
                ('printer_name', models.CharField(blank=True, default='', max_length=200, verbose_name='printer')),
                ('text', models.CharField(max_length=300, verbose_name='what')),
                ('opened_at', models.DateTimeField(verbose_name='since')),
                ('closed_at', models.DateTimeField(blank=True, null=True, verbose_name='until')),
            ],
            options={
                'verbose_name': 'alarm',
                'verbose_name_plural': 'alarms',
                'ordering': ['-opened_at', '-id'],
                'constraints': [models.UniqueConstraint(condition=models.Q(('closed_at', None)), fields=('rule', 'key'), name='dashboard_alarm_one_open')],
                'indexes': [],
            },
        ),
        migrations.CreateModel(
            name='PrinterDay',
            fields=[
                ('polls', models.PositiveIntegerField(default=0, verbose_name='polls')),
                ('good', models.PositiveIntegerField(default=0, verbose_name='read')),
                ('failed', models.PositiveIntegerField(default=0, verbose_name='not read')),
                ('doubted', models.PositiveIntegerField(default=0, verbose_name='doubted')),
                ('hours_asked', models.PositiveIntegerField(default=0, verbose_name='hours asked')),
                ('hours_silent', models.PositiveIntegerField(default=0, verbose_name='hours silent')),
                ('pages_bw', models.BigIntegerField(default=0, verbose_name='black-and-white pages')),
                ('pages_color', models.BigIntegerField(default=0, verbose_name='colour pages')),
                ('pages', models.BigIntegerField(default=0, verbose_name='pages')),
                ('pk', models.CompositePrimaryKey('printer_id', 'day', blank=True, editable=False, primary_key=True, serialize=False)),
                ('printer', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='inventory.printer')),
                ('day', models.DateField(verbose_name='day')),
            ],
            options={
                'verbose_name': 'day of a printer',
                'verbose_name_plural': 'days of printers',
                'indexes': [models.Index(fields=['day'], name='printerday_day')],
                'constraints': [],
            },
        ),
        migrations.CreateModel(
            name='FleetDay',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('polls', models.PositiveIntegerField(default=0, verbose_name='polls')),
                ('good', models.PositiveIntegerField(default=0, verbose_name='read')),
                ('failed', models.PositiveIntegerField(default=0, verbose_name='not read')),
                ('doubted', models.PositiveIntegerField(default=0, verbose_name='doubted')),
                ('hours_asked', models.PositiveIntegerField(default=0, verbose_name='hours asked')),
                ('hours_silent', models.PositiveIntegerField(default=0, verbose_name='hours silent')),
                ('pages_bw', models.BigIntegerField(default=0, verbose_name='black-and-white pages')),
                ('pages_color', models.BigIntegerField(default=0, verbose_name='colour pages')),
                ('pages', models.BigIntegerField(default=0, verbose_name='pages')),
                ('day', models.DateField(verbose_name='day')),
                ('organization', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='inventory.organization', verbose_name='organization')),
                ('city', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='contracts.city', verbose_name='city')),
                ('printers', models.PositiveIntegerField(default=0, verbose_name='printers')),
            ],
            options={
                'verbose_name': 'day of the fleet',
                'verbose_name_plural': 'days of the fleet',
                'constraints': [models.UniqueConstraint(fields=('day', 'organization', 'city'), name='fleetday_once', nulls_distinct=False)],
                'indexes': [],
            },
        ),
        migrations.CreateModel(
            name='DashboardMark',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('counted_through', models.DateField(blank=True, null=True)),
                ('forecast_on', models.DateField(blank=True, null=True)),
            ],
            options={
                'verbose_name': 'mark of the dashboard',
                'verbose_name_plural': 'marks of the dashboard',
                'indexes': [],
                'constraints': [],
            },
        ),
        migrations.CreateModel(
            name='DeviceIncident',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('printer', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='incidents', to='inventory.printer', verbose_name='printer')),
                ('key', models.CharField(max_length=120)),
                ('kind', models.CharField(blank=True, default='', max_length=60, verbose_name='kind')),
                ('code_name', models.CharField(blank=True, default='', max_length=80, verbose_name='code')),
                ('description', models.CharField(blank=True, default='', max_length=255, verbose_name='what it says')),
                ('severity', models.CharField(default='other', max_length=10, verbose_name='severity')),
                ('opened_at', models.DateTimeField(verbose_name='since')),
                ('closed_at', models.DateTimeField(blank=True, null=True, verbose_name='until')),
            ],
            options={
                'verbose_name': 'incident',
                'verbose_name_plural': 'incidents',
                'ordering': ['-opened_at', '-id'],
                'indexes': [models.Index(fields=['opened_at'], name='incident_opened')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('closed_at', None)), fields=('printer', 'key'), name='incident_one_open')],
            },
        ),
        migrations.CreateModel(
            name='SupplyForecast',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('printer', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='forecasts', to='inventory.printer')),
                ('index', models.CharField(max_length=40)),
                ('rate', models.FloatField(verbose_name='per cent a day')),
                ('fastest', models.FloatField(verbose_name='at most')),
                ('slowest', models.FloatField(verbose_name='at least')),
                ('swaps', models.PositiveSmallIntegerField(default=0, verbose_name='cartridges swapped')),
                ('swapped_on', models.DateField(blank=True, null=True, verbose_name='swapped')),
                ('made_on', models.DateField(verbose_name='made')),
            ],
            options={
                'verbose_name': 'forecast of a supply',
                'verbose_name_plural': 'forecasts of supplies',
                'constraints': [models.UniqueConstraint(fields=('printer', 'index'), name='forecast_once')],
                'indexes': [],
            },
        ),
        migrations.CreateModel(
            name='SuppliesMail',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=100, unique=True, verbose_name='name')),
                ('organization', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='inventory.organization', verbose_name='organization')),
                ('city', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='contracts.city', verbose_name='city')),
                ('recipients', models.TextField(verbose_name='e-mail to')),
                ('weekdays', models.CharField(default='01234', max_length=7, verbose_name='on')),
                ('at', models.TimeField(verbose_name='at')),
                ('is_active', models.BooleanField(default=True, verbose_name='in use')),
                ('created_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='added')),
            ],
            options={
                'verbose_name': 'scheduled supplies mail',
                'verbose_name_plural': 'scheduled supplies mails',
                'ordering': ['name'],
                'indexes': [],
                'constraints': [],
            },
        ),
        migrations.CreateModel(
            name='SuppliesMailRun',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('mail', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='runs', to='dashboard.suppliesmail', verbose_name='mail')),
                ('day', models.DateField(verbose_name='day')),
                ('message', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='outbox.message')),
                ('lines', models.PositiveIntegerField(default=0, verbose_name='lines')),
            ],
            options={
                'verbose_name': 'run of a supplies mail',
                'verbose_name_plural': 'runs of supplies mails',
                'ordering': ['-day'],
                'constraints': [models.UniqueConstraint(fields=('mail', 'day'), name='suppliesmail_once_a_day')],
                'indexes': [],
            },
        ),
    ]
